"""Choose how far adapters are moved, on languages other than the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from ..checkpoints.export.attach import attach
from ..checkpoints.export.merging import merge_adapters, moved_name, open_adapters, write_merged
from ..merging.merge import Choices
from ..support.errors import UserError
from .cells.options import Options
from .cells.run import evaluate

VALUES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)


@dataclass(frozen=True)
class Trial:
    """The validation scores of one distance.

    Args:
        t: the distance.
        scores: the score of each cell.
    """

    t: float
    scores: dict[str, float]

    @property
    def mean(self) -> float:
        """The mean over cells."""
        return sum(self.scores.values()) / len(self.scores)


@dataclass(frozen=True)
class Tuning:
    """What distances are tried on.

    Args:
        references: the reference task's adapters in the languages that are tried, see `open_adapters`.
        checkpoint: a checkpoint with the backbone and the task's head.
        data: the folder of corpus.yaml, with validation files of the task in these languages.
        values: the distances.
        cpu: use the CPU even if a GPU is there.
    """

    references: Sequence[str]
    checkpoint: str
    data: str
    values: Sequence[float] = VALUES
    cpu: bool = False


def try_distances(
    task_source: str,
    reference_source: str,
    target: str,
    tuning: Tuning,
    choices: Choices,
    any_start: bool = False,
) -> list[Trial]:
    """The validation scores of every distance.

    Args:
        task_source, reference_source: the source language's adapters.
        target: the target language's of the reference task, which must not be tried.
        tuning: see `Tuning`.
        choices: the rule.
        any_start: whether the adapters may have begun with different values.
    Raises:
        UserError: if the target is among the languages that are tried.
    """
    sets = open_adapters([task_source, reference_source, target, *tuning.references])
    cells = [moved_name(sets[0], each, sets[1]) for each in sets[3:]]
    wanted = moved_name(sets[0], sets[2], sets[1])
    if wanted in cells:
        raise UserError(
            f"--tune: {wanted} is what the adapters are merged for: tune on other languages"
        )
    trials = []
    with TemporaryDirectory() as folder:
        for t in tqdm(tuning.values, desc="distances"):
            files = []
            for reference, cell in zip(tuning.references, cells):
                texts = [task_source, reference, reference_source]
                result = merge_adapters(texts, t, choices, any_start=any_start)
                files.append(f"{folder}/{cell.replace(':', '.')}.safetensors")
                write_merged(result, files[-1], texts)
            model, out = f"{folder}/{t}.pt", Path(folder, str(t))
            attach(tuning.checkpoint, files, model)
            options = Options(cells=",".join(cells), subset="valid", cpu=tuning.cpu)
            scored = evaluate(model, tuning.data, out, options)["cells"]
            trials.append(Trial(t, {cell: scored[cell]["score"] for cell in cells}))
    return trials


def best_distance(trials: Sequence[Trial]) -> float:
    """The distance with the best mean score, the smallest of several."""
    return max(trials, key=lambda trial: (trial.mean, -trial.t)).t
