"""The scores of all directions, on all cores."""

from collections.abc import Iterator, Mapping

from tqdm import tqdm

from ...metrics.comet import read as read_comet
from ...metrics.off_target import OffTarget
from ...metrics.scores import Scorer, Scores
from ...support.languages import split_direction
from ...support.workers import Workers
from .parallel_decoding import processes
from .plan import Plan


class Scoring:
    """Scores the translations of an evaluation.

    Args:
        checked: the evaluation.
        hypotheses: the translations of each direction.
        languages: judges their languages.
    """

    def __init__(
        self, checked: Plan, hypotheses: Mapping[str, list[str]], languages: OffTarget
    ) -> None:
        self.checked, self.hypotheses, self.languages = checked, hypotheses, languages

    def run(self) -> dict[str, Scores]:
        """All figures of every direction."""
        options = self.checked.options
        comet = read_comet(options.comet, self.hypotheses) if options.comet else {}
        sentences = sum(map(len, self.hypotheses.values()))
        number = processes(options.workers, cuda=False, sentences=sentences)
        scores: dict[str, Scores] = {}
        with (
            Workers(number, self.score) as workers,
            tqdm(total=len(self.checked.selected), desc="scores") as bar,
        ):
            for names, found in workers.apply((names, names) for names in self.shared()):
                scores.update(zip(names, found))
                bar.update(len(names))
        for one, value in comet.items():
            scores[one].values["comet"] = value
        return scores

    def references(self, direction: str) -> list[str]:
        """The references of a direction."""
        return self.checked.texts.side(self.checked.pair(direction), split_direction(direction)[1])

    def shared(self) -> Iterator[list[str]]:
        """Directions with the same references, which are counted once for all of them."""
        found: dict[tuple[str, ...], list[str]] = {}
        for one in self.checked.selected:
            key = (split_direction(one)[1], *self.references(one))
            found.setdefault(key, []).append(one)
        yield from found.values()

    def score(self, names: list[str]) -> list[Scores]:
        """The figures of directions with the same references."""
        tgt = split_direction(names[0])[1]
        tokenizer = self.checked.tokenizers[tgt]
        scorer = Scorer(self.references(names[0]), tokenizer, self.checked.options.spbleu)
        return [self.figures(scorer, one) for one in names]

    def figures(self, scorer: Scorer, direction: str) -> Scores:
        """The figures of one direction."""
        hypotheses, tgt = self.hypotheses[direction], split_direction(direction)[1]
        found = scorer.score(hypotheses)
        rate = self.languages.rate(hypotheses, tgt, self.references(direction))
        return Scores({**found.values, "off_target": rate}, found.signatures)
