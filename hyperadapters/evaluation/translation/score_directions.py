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
        plan: the evaluation.
        hypotheses: the translations of each direction.
        languages: judges their languages.
    """

    def __init__(
        self, plan: Plan, hypotheses: Mapping[str, list[str]], languages: OffTarget
    ) -> None:
        self.plan, self.hypotheses, self.languages = plan, hypotheses, languages

    def run(self) -> dict[str, Scores]:
        """All figures of every direction."""
        options = self.plan.options
        comet = read_comet(options.comet, self.hypotheses) if options.comet else {}
        sentences = sum(map(len, self.hypotheses.values()))
        number = processes(options.workers, cuda=False, sentences=sentences)
        scores: dict[str, Scores] = {}
        with (
            Workers(number, self.score) as workers,
            tqdm(total=len(self.plan.selected), desc="scores") as bar,
        ):
            for names, figures in workers.apply((names, names) for names in self.shared()):
                scores.update(zip(names, figures))
                bar.update(len(names))
        for direction, value in comet.items():
            scores[direction].values["comet"] = value
        return scores

    def references(self, direction: str) -> list[str]:
        """The references of a direction."""
        return self.plan.texts.side(self.plan.pair(direction), split_direction(direction)[1])

    def shared(self) -> Iterator[list[str]]:
        """Directions with the same references, which are counted once for all of them."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for direction in self.plan.selected:
            key = (split_direction(direction)[1], *self.references(direction))
            groups.setdefault(key, []).append(direction)
        yield from groups.values()

    def score(self, names: list[str]) -> list[Scores]:
        """The figures of directions with the same references."""
        tgt = split_direction(names[0])[1]
        tokenizer = self.plan.tokenizers[tgt]
        scorer = Scorer(self.references(names[0]), tokenizer, self.plan.options.spbleu)
        return [self.figures(scorer, direction) for direction in names]

    def figures(self, scorer: Scorer, direction: str) -> Scores:
        """The figures of one direction."""
        hypotheses, tgt = self.hypotheses[direction], split_direction(direction)[1]
        scores = scorer.score(hypotheses)
        rate = self.languages.rate(hypotheses, tgt, self.references(direction))
        return Scores({**scores.values, "off_target": rate}, scores.signatures)
