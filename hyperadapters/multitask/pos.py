"""Part-of-speech tagging with the universal tags."""

from typing import Iterator, List, Sequence

from .corpus import Part
from .metrics import Accuracy
from .readers import UPOS, Tagged, read_conllu
from .tagging import WordTagging
from .task import TASKS


class PartsOfSpeech(WordTagging):
    """Universal parts of speech from CoNLL-U files, scored by accuracy."""

    name = "pos"
    metric = Accuracy

    def read(self, part: Part) -> Iterator[Tagged]:
        return read_conllu(part)

    def label_table(self, sentences: Sequence[Tagged]) -> List[str]:
        return list(UPOS)


TASKS.register("pos")(PartsOfSpeech())
