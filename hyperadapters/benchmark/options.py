"""What a user can choose about a benchmark."""

from dataclasses import dataclass

import torch

from ..support.errors import Problems

PRECISIONS = ("fp32", "fp16", "bf16")


@dataclass(frozen=True)
class BenchmarkOptions:
    """The sizes of a benchmark.

    Args:
        arch: named architecture of the backbone.
        device: "cpu" or "cuda".
        precision: a name in `PRECISIONS`.
        tokens: target tokens of a training batch, about.
        length: tokens of every sentence.
        directions: numbers of distinct directions in a training batch.
        sentences: sentences decoded together.
        beam: beam size.
        languages: languages of the models.
        vocabulary: entries of the dictionary.
        kind: adapter kind.
        bottleneck: bottleneck dimension.
        hidden: hidden dimension d_h of the hypernetwork.
        optimizer: fairseq's name of the optimizer.
        repeats: rounds in which every system is measured once.
        seed: draws the batches.
    Raises:
        UserError: with everything that is out of range.
    """

    arch: str = "adapter_transformer"
    device: str = "cpu"
    precision: str = "fp32"
    tokens: int = 1000
    length: int = 25
    directions: tuple[int, ...] = (1, 4, 16)
    sentences: int = 16
    beam: int = 5
    languages: int = 50
    vocabulary: int = 32000
    kind: str = "bottleneck"
    bottleneck: int = 128
    hidden: int = 612
    optimizer: str = "adam"
    repeats: int = 7
    seed: int = 1

    def __post_init__(self) -> None:
        problems = Problems()
        for name in (
            "tokens",
            "sentences",
            "beam",
            "vocabulary",
            "bottleneck",
            "hidden",
            "repeats",
        ):
            if getattr(self, name) < 1:
                problems.add(f"--{name} {getattr(self, name)}: give at least 1")
        if self.length < 2:
            problems.add(f"--length {self.length}: give at least 2")
        if self.languages < 2:
            problems.add(f"--languages {self.languages}: give at least 2")
        rows, directions = self.rows, 2 * (self.languages - 1)
        for number in self.directions:
            if not 1 <= number <= min(rows, directions):
                problems.add(
                    f"--directions {number}: a batch of {rows} sentences in {self.languages} "
                    f"languages (English-centric) has 1 to {min(rows, directions)}"
                )
        if self.device == "cuda" and not torch.cuda.is_available():
            problems.add("--device cuda: this torch sees no GPU; use --device cpu")
        if self.precision not in PRECISIONS:
            problems.add(f"--precision {self.precision}: choose one of {', '.join(PRECISIONS)}")
        problems.raise_if_any()

    @property
    def rows(self) -> int:
        """Sentences of a training batch."""
        return max(1, self.tokens // self.length)


def default_device(device: str | None) -> str:
    """The device asked for, or a GPU if there is one."""
    return device or ("cuda" if torch.cuda.is_available() else "cpu")
