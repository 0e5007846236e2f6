"""What a user can choose about an evaluation of cells."""

from dataclasses import dataclass
from typing import Any

from ..translation.decoding import Limits, Search

CPU_TOKENS = 2000


@dataclass(frozen=True)
class Options:
    """What a user can choose about an evaluation.

    Args:
        cells: see `Selection.select`.
        subset: the split, "test" or "valid".
        name: what to call the system; see `System.facts` for the default.
        max_tokens: pieces a batch; by default that of `Limits`, and fewer where a CPU encodes.
        beam: beam size of translation cells.
        cpu: use the CPU even if a GPU is there.
        look_up: the trained cells of a look-up that is evaluated instead of a checkpoint.
        seed: draws the sentences of those cells of the look-up that take only some.
    """

    cells: str = "all"
    subset: str = "test"
    name: str | None = None
    max_tokens: int | None = None
    beam: int = 5
    cpu: bool = False
    look_up: str | None = None
    seed: int = 1

    def limits(self) -> Limits:
        """The size of a batch."""
        return Limits() if self.max_tokens is None else Limits(self.max_tokens)

    def encoder_limits(self, model: Any) -> Limits:
        """The size of a batch that is encoded at once by a model."""
        on_gpu = next(model.parameters()).is_cuda
        # large batches leave a CPU's caches, and pad more
        return self.limits() if on_gpu or self.max_tokens is not None else Limits(CPU_TOKENS)

    @property
    def search(self) -> Search:
        """How translation cells are translated."""
        return Search(self.beam)
