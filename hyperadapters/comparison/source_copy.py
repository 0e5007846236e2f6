"""The trivial baseline of translation: every source is its own translation."""

from collections.abc import Sequence
from typing import Any

from ..support.errors import UserError
from .evaluations import Evaluation, Group

NAME = "copy of the source"


def score_copies(evaluation: Evaluation, groups: Sequence[Group]) -> dict[str, Any] | None:
    """Scores the sources against the references, with the metrics of the evaluation.

    Args:
        evaluation: an evaluation of translation.
        groups: the groups; those that stand for a kind are averaged.
    Returns:
        what comparison.json says of it, a system without parameters; None if sources are missing.
    """
    metrics = evaluation.type.metrics
    averages = {}
    for group in (group for group in groups if group.is_overall):
        try:
            scores = [
                {metric: score_copy(evaluation, unit, metric) for metric in metrics}
                for unit in group.units
            ]
        except UserError:  # evaluations made before sources were written
            return None
        averages[group.kind] = {
            **{m: round(sum(score[m] for score in scores) / len(scores), 4) for m in metrics},
            "deviation": None,
            "directions": len(scores),
        }
    return {"name": NAME, "adapter_parameters": 0, "total_parameters": 0, "averages": averages}


def score_copy(evaluation: Evaluation, direction: str, metric: str) -> float:
    """Scores the sources of a direction.

    Raises:
        UserError: if they are missing.
    """
    sources, references = (evaluation.lines(part, direction) for part in ("sources", "references"))
    return evaluation.metric(direction, metric).corpus_score(sources, [references]).score
