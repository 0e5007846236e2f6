"""Whether the gap between two languages is the same for two tasks, as AdaMergeX assumes."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..checkpoints.checkpoint import Checkpoint
from ..merging.merge import Choices, compare_gaps
from ..sources import AdapterSet


def gap_cosines(
    task: Sequence[AdapterSet], reference: Sequence[AdapterSet]
) -> dict[str, list[float]]:
    """The cosine of the gap of each language in the task and in the reference task.

    Args:
        task: the task's adapters in the source language, then in each target language.
        reference: the reference task's in the same languages.
    Returns:
        the means over layers and points: "same" with the gap of the same language, "other" with the
        gap of each other language.
    """
    cosines: dict[str, list[float]] = {"same": [], "other": []}
    for number, adapters in enumerate(task[1:]):
        for place, other in enumerate(reference[1:]):
            figures = compare_gaps((adapters, task[0]), (other, reference[0]), Choices())
            mean = sum(figure.value for figure in figures) / len(figures)
            cosines["same" if number == place else "other"].append(mean)
    return cosines


def cosine_rows(
    kinds: Sequence[str],
    tasks: Sequence[str],
    reference: str,
    languages: Sequence[str],
    checkpoints: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The mean cosines of each kind and task.

    Args:
        kinds: the adapter kinds.
        tasks: the tasks.
        reference: the reference task.
        languages: the source language and the target languages.
        checkpoints: that of each kind, and as `KIND-upper` that with the task's adapters of all
            languages.
    """
    rows = []
    for kind in kinds:
        plain, upper = (Checkpoint(checkpoints[name]) for name in (kind, f"{kind}-upper"))
        references = [plain.adapter_set(f"{reference}:{code}") for code in languages]
        for task in tasks:
            of_task = [upper.adapter_set(f"{task}:{code}") for code in languages]
            cosines = gap_cosines(of_task, references)
            means = {name: sum(values) / len(values) for name, values in cosines.items()}
            rows.append({"kind": kind, "task": task, **means})
    return rows
