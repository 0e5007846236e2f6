"""What a model weighs: adapter parameters, bytes of its tensors, bytes of its file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...reports.tables import PLAIN, format_table
from ...training.freezing import is_adapter
from ..weights import count_values, distinct, weights_of


@dataclass(frozen=True)
class Sizes:
    """Sizes of a checkpoint.

    Args:
        adapter_parameters: values in its adapters, zeros beyond a language's rank included, or in what
            generates them.
        tensor_bytes: bytes of the model's weights, tied ones once.
        file_bytes: bytes of the file.
    """

    adapter_parameters: int
    tensor_bytes: int
    file_bytes: int

    @classmethod
    def of(cls, state: Mapping[str, Any], path: str) -> "Sizes":
        """The sizes of a checkpoint's state and of its file."""
        weights = weights_of(state["model"])
        return cls(
            count_values(tensor for name, tensor in weights.items() if is_adapter(name)),
            sum(tensor.nbytes for tensor in distinct(weights.values())),
            Path(path).stat().st_size,
        )


@dataclass(frozen=True)
class Report:
    """A checkpoint before and after.

    Args:
        what: "directions" or "cells".
        names: those that it holds adapters for now.
        before: sizes of the checkpoint that was read.
        after: sizes of the one that was written.
    """

    what: str
    names: list[str]
    before: Sizes
    after: Sizes

    def as_dict(self) -> dict[str, Any]:
        """The report in plain containers."""
        sizes = {"before": asdict(self.before), "after": asdict(self.after)}
        return {self.what: self.names, **sizes}

    def table(self) -> str:
        """The report as a text table."""
        before, after = asdict(self.before), asdict(self.after)
        names = {
            "adapter_parameters": "adapter parameters",
            "tensor_bytes": "bytes of the model's tensors",
            "file_bytes": "bytes of the file",
        }
        rows = [(text, f"{before[name]:,}", f"{after[name]:,}") for name, text in names.items()]
        table = format_table(rows, ("", "before", "after"), form=PLAIN)
        return f"{self.what}: {', '.join(self.names)}\n\n{table}"
