"""From ids per sentence to the distinct conditions of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..support.errors import UserError
from .inputs import INPUTS


@dataclass(frozen=True)
class Condition:
    """What the adapters of a batch depend on.

    Args:
        inputs: names of the condition inputs, the columns of `unique`.
        unique: the distinct conditions of the batch [K, inputs].
        index: which of them each sentence has [B].
    """

    inputs: tuple[str, ...]
    unique: Tensor
    index: Tensor

    @property
    def count(self) -> int:
        """K, the number of distinct conditions."""
        return self.unique.size(0)

    @classmethod
    def from_ids(
        cls, ids: Mapping[str, Tensor | None], inputs: tuple[str, ...], like: Tensor
    ) -> "Condition":
        """Finds the distinct conditions of a batch.

        Args:
            ids: ids of each sentence [B] by name of the condition input.
            inputs: the inputs that matter.
            like: any tensor of the batch with B rows, for its size and device.
        Raises:
            UserError: if an input that matters has no ids. There is no default language.
        """
        if not inputs:
            return cls(
                (),
                like.new_zeros((1, 0), dtype=torch.long),
                like.new_zeros(like.size(0), dtype=torch.long),
            )
        columns = []
        for name in inputs:
            column = ids.get(name)
            if column is None:
                key = INPUTS.get(name).batch_key
                raise UserError(
                    f"the batch says nothing about '{name}' ('{key}' is absent from net_input): "
                    "use --task multilingual_adapter_translation, or leave it out of the condition"
                )
            columns.append(column.reshape(-1))
        unique, index = torch.stack(columns, dim=1).unique(dim=0, return_inverse=True)
        return cls(inputs, unique, index)
