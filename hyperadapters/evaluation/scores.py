"""BLEU and chrF with their signatures."""

from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Sequence


@dataclass(frozen=True)
class Scores:
    """Corpus scores of one direction.

    Args:
        bleu: BLEU, 0 to 100.
        chrf: chrF2, 0 to 100.
        signature_bleu, signature_chrf: sacreBLEU's signatures, which hold every setting.
    """

    bleu: float
    chrf: float
    signature_bleu: str
    signature_chrf: str


def score(hypotheses: Sequence[str], references: Sequence[str]) -> Scores:
    """Scores translations against one reference each.

    Args:
        hypotheses: translations.
        references: reference translations, as many.
    """
    from sacrebleu.metrics import BLEU, CHRF

    bleu, chrf = BLEU(), CHRF()
    return Scores(
        bleu=bleu.corpus_score(list(hypotheses), [list(references)]).score,
        chrf=chrf.corpus_score(list(hypotheses), [list(references)]).score,
        signature_bleu=str(bleu.get_signature()),
        signature_chrf=str(chrf.get_signature()),
    )


def mean(scores: Iterable[Scores], metric: str) -> float:
    """The mean of a metric ("bleu" or "chrf") over directions."""
    values: List[float] = [getattr(score, metric) for score in scores]
    return sum(values) / len(values)


def averages(by_direction: Mapping[str, Scores], supervised: Sequence[str]) -> Dict[str, float]:
    """Means over the directions that were trained and over those that were not.

    Args:
        by_direction: scores of each direction.
        supervised: the trained directions.
    """
    groups = {
        "supervised": [s for direction, s in by_direction.items() if direction in supervised],
        "zero_shot": [s for direction, s in by_direction.items() if direction not in supervised],
    }
    return {
        f"{group}_{metric}": mean(scores, metric)
        for group, scores in groups.items()
        for metric in ("bleu", "chrf")
    }
