"""Metrics of tags as sacreBLEU metrics: the one place where right predictions are counted.

A hypothesis and its reference are the tags of a sentence, separated by blanks. Validation counts with
the same classes, so that its scores are those of an evaluation.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, ClassVar

from sacrebleu.metrics.base import Metric, Score, Signature
from sacrebleu.utils import sum_of_lists

from ..support.registry import Registry

METRICS: Registry[type["TagMetric"]] = Registry("metric")  # by title


class TagSignature(Signature):
    """sacreBLEU's signature with what a metric says about itself."""

    def __init__(self, args: dict[str, Any]) -> None:
        super().__init__(args)
        settings = args["settings"]
        self._abbr.update({name: name for name in settings})
        self.info.update(settings)


class TagMetric(Metric):
    """A percentage that adds up from counts of every sentence.

    Args:
        settings: further entries of the signature; they do not change what is counted.
    """

    _SIGNATURE_TYPE = TagSignature
    title: ClassVar[str]
    names: ClassVar[tuple[str, ...]]  # of the counts

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "TagMetric":
        """Makes the metric again that has a signature with these entries.

        Raises:
            ValueError: if it cannot be made here.
        """
        metric = cls()
        if metric.settings != settings:
            raise ValueError(f"here it would be {metric.settings}")
        return metric

    @classmethod
    @abstractmethod
    def count(cls, predicted: Sequence[Any], gold: Sequence[Any]) -> list[int]:
        """Counts what the score of one sentence adds up from.

        Args:
            predicted, gold: as many labels.
        """

    @classmethod
    @abstractmethod
    def percentage(cls, counts: Sequence[float]) -> float:
        """The score, 0 to 100, from summed counts; 0 if there is nothing to count."""

    def _aggregate_and_compute(self, stats: list[list[int]]) -> Score:
        return self._compute_score_from_stats(sum_of_lists(stats))

    def _compute_score_from_stats(self, stats: Sequence[float]) -> Score:
        return Score(self.title, self.percentage(stats))

    def _preprocess_segment(self, sent: str) -> str:
        return sent

    def _extract_reference_info(self, refs: Sequence[str]) -> dict[str, Any]:
        if len(refs) != 1:
            raise ValueError(f"{self.title} takes one reference, not {len(refs)}")
        return {"tags": refs[0].split()}

    def _compute_segment_statistics(self, hypothesis: str, ref_kwargs: dict[str, Any]) -> list[int]:
        predicted, gold = hypothesis.split(), ref_kwargs["tags"]
        if len(predicted) != len(gold):
            raise ValueError(f"{len(predicted)} tags are predicted, {len(gold)} are right ones")
        return self.count(predicted, gold)


@METRICS.register("accuracy")
class Accuracy(TagMetric):
    """The share of words whose tag is right.

    Args:
        unit: what has a tag.
        settings: see `TagMetric`.
    """

    title = "accuracy"
    names = ("right", "all")

    def __init__(self, unit: str = "words", **settings: Any) -> None:
        super().__init__(unit=unit, **settings)

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "Accuracy":
        return cls(**settings)

    @classmethod
    def count(cls, predicted: Sequence[Any], gold: Sequence[Any]) -> list[int]:
        return [sum(a == b for a, b in zip(predicted, gold)), len(gold)]

    @classmethod
    def percentage(cls, counts: Sequence[float]) -> float:
        right, total = counts
        return 100 * float(right) / float(total) if total else 0.0


@METRICS.register("span F1")
class SpanF1(TagMetric):
    """F1 of entities whose type, start and end are right (CoNLL 2003; nervaluate's "strict")."""

    title = "span F1"
    names = ("both", "predicted", "right")

    def __init__(self, **settings: Any) -> None:
        super().__init__(match="strict", nervaluate=version("nervaluate"), **settings)

    @classmethod
    def count(cls, predicted: Sequence[str], gold: Sequence[str]) -> list[int]:
        return count_spans(predicted, gold)

    @classmethod
    def percentage(cls, counts: Sequence[float]) -> float:
        both, predicted, gold = map(float, counts)
        return 200 * both / (predicted + gold) if predicted + gold else 0.0


def count_spans(predicted: Sequence[str], gold: Sequence[str]) -> list[int]:
    """Counts the entities of one sentence, as nervaluate's "strict" does.

    Args:
        predicted, gold: IOB tags of the words.
    Returns:
        how many entities are in both (same type, start and end), are predicted, and are gold.
    """
    from nervaluate.utils import collect_named_entities

    spans, gold_spans = (
        {(span["label"], span["start"], span["end"]) for span in collect_named_entities(list(tags))}
        for tags in (predicted, gold)
    )
    return [len(spans & gold_spans), len(spans), len(gold_spans)]
