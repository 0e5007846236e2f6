"""Head masks: each language, or task, uses its own subset of the attention heads."""

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import init

from ..support.errors import UserError
from .kind import KINDS, AdapterKind, TensorSpec, Weights, choice, parse_points

POINT_NAMES = ("self_attn.heads", "cross_attn.heads")
MASKED = -0.5  # a head whose change is below is masked


@dataclass(frozen=True)
class Options:
    """What a user can choose about head masks.

    Raises:
        UserError: if a choice is out of range.
    """

    kept: float | None = choice(
        "head_mask_kept", None,
        "learn which heads are used, so that this share of the heads of encoder or decoder is (by "
        "default masks stay as --head-masks says)",
    )  # fmt: skip
    update_every: int | None = choice(
        "head_mask_update_every", None,
        "estimate masks anew after so many updates, from the importance of all heads in between, each "
        "with as many heads as --head-masks gives it",
    )  # fmt: skip
    points: str = choice(
        "head_mask_points", ",".join(POINT_NAMES),
        f"whose heads are masked, a comma-separated list of {', '.join(POINT_NAMES)} (default: both)",
    )  # fmt: skip

    def __post_init__(self) -> None:
        parse_points("--head-mask-points", self.points, POINT_NAMES)
        if self.kept is not None and not 0 < self.kept < 1:
            raise UserError(f"--head-mask-kept {self.kept}: give a share between 0 and 1")
        if self.update_every is not None and self.update_every < 1:
            raise UserError(f"--head-mask-update-every {self.update_every}: give at least 1")
        if self.kept is not None and self.update_every is not None:
            raise UserError(
                "--head-mask-kept and --head-mask-update-every are two ways to change masks: give one"
            )


@KINDS.register("head_mask")
class HeadMask(AdapterKind):
    """A head's output times 0 or 1 (Choenni et al. 2023, "Cross-Lingual Transfer with Language-Specific
    Subnetworks for Low-Resource Dependency Parsing").

    What is stored, or generated, is a change d of each head: the head is used if 1 + d is at least 1/2.
    With a share of kept heads it is learnt: those with the largest d of all layers of a side are used,
    and the gradient of the mask goes to d as it is (straight-through; Bengio et al. 2013). Or masks are
    estimated anew at intervals, see `training.head_mask_updates`.
    """

    Options = Options

    @property
    def points(self) -> tuple[str, ...]:
        return parse_points("--head-mask-points", self.options.points, POINT_NAMES)

    @property
    def is_learnt(self) -> bool:
        """Whether the masks change in training."""
        return self.options.kept is not None

    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        if self.is_learnt:  # like heads would all be used, whatever the share
            start = partial(init.normal_, std=0.01)
            return {"change": TensorSpec((outputs,), start)}
        is_estimated = self.options.update_every is not None
        change = TensorSpec((outputs,), init.zeros_, zero_is_identity=True, is_trained=is_estimated)
        if not is_estimated:
            return {"change": change}
        return {
            "change": change,
            "importance": TensorSpec(
                (outputs,), init.zeros_, zero_is_identity=True, is_trained=False
            ),
        }

    def across_layers(self, weights: list[Weights]) -> list[Weights]:
        """Shifts the changes of all heads so that the share of them that is used is."""
        if not self.is_learnt or not weights:
            return weights
        changes = torch.cat(
            [tensor for site in weights for tensor in site.values()], dim=-1
        )  # [K, H]
        used = max(1, round(self.options.kept * changes.size(-1)))
        least = changes.detach().topk(used, dim=-1).values[:, -1:]  # [K, 1]
        return [
            {name: tensor - least + MASKED for name, tensor in site.items()} for site in weights
        ]

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        change = weights["change"]
        mask = change.ge(MASKED).to(x.dtype)
        if change.requires_grad:
            mask = mask + (change - change.detach())
        heads = x.unflatten(-1, (change.size(-1), -1))
        return (heads * (mask if change.dim() == 1 else mask.unsqueeze(1)).unsqueeze(-1)).flatten(
            -2
        )

    def trained_kind(self) -> AdapterKind:
        return HeadMask(replace(self.options, kept=None, update_every=None))

    def trained_tensors(self, weights: Weights) -> Weights:
        return {"change": weights["change"]}
