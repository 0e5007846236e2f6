"""Named-entity recognition."""

from typing import Dict, Iterator, Sequence

from .corpus import Part
from .readers import Tagged, read_columns
from .spans import compare
from .tagging import WordTagging
from .task import TASKS, Counts


class NamedEntities(WordTagging):
    """Entities from columns with IOB tags, scored by the F1 of whole spans."""

    name = "ner"
    score_name = "span F1"

    def read(self, part: Part) -> Iterator[Tagged]:
        return read_columns(part)

    def count(
        self, predicted: Sequence[int], right: Sequence[int], labels: Sequence[str]
    ) -> Counts:
        table = dict(enumerate(labels))
        tags = [
            [table.get(number, "I-unknown") for number in numbers] for numbers in (predicted, right)
        ]
        return compare(*tags)

    def score(self, counts: Dict[str, float]) -> float:
        spans = counts["predicted"] + counts["right"]
        return 200 * counts["both"] / spans if spans else 0.0


TASKS.register("ner")(NamedEntities())
