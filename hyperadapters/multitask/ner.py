"""Named-entity recognition."""

from typing import Iterator, Sequence

from .corpus import Part
from .metrics import SpanF1
from .readers import Tagged, read_columns
from .tagging import WordTagging
from .task import TASKS, Counts


class NamedEntities(WordTagging):
    """Entities from columns with IOB tags, scored by the F1 of whole spans."""

    name = "ner"
    metric = SpanF1

    def read(self, part: Part) -> Iterator[Tagged]:
        return read_columns(part)

    def count(
        self, predicted: Sequence[int], right: Sequence[int], labels: Sequence[str]
    ) -> Counts:
        table = dict(enumerate(labels))
        tags = (
            [table.get(number, "I-unknown") for number in numbers] for numbers in (predicted, right)
        )
        return super().count(*tags, labels)


TASKS.register("ner")(NamedEntities())
