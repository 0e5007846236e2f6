"""BLEU and chrF with their signatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .tokenizers import DEFAULT, SPBLEU


@dataclass(frozen=True)
class Scores:
    """Corpus scores of one direction.

    Args:
        values: 0 to 100 by metric: "bleu", "chrf" (chrF2) and, if wanted, "spbleu".
        signatures: sacreBLEU's signatures, which hold every setting, by metric.
    """

    values: dict[str, float]
    signatures: dict[str, str]


class Scorer:
    """Scores translations against one reference each; references are counted once.

    Args:
        references: reference translations.
        tokenizer: sacreBLEU's tokeniser for BLEU.
        spbleu: score BLEU of the pieces of FLORES-200 too.
    """

    def __init__(
        self, references: Sequence[str], tokenizer: str = DEFAULT, spbleu: bool = False
    ) -> None:
        from sacrebleu.metrics import BLEU, CHRF

        fixed_references = {"references": [list(references)]}
        self.metrics: dict[str, Any] = {"bleu": BLEU(tokenize=tokenizer, **fixed_references)}
        if spbleu:
            self.metrics["spbleu"] = BLEU(tokenize=SPBLEU, **fixed_references)
        self.metrics["chrf"] = CHRF(**fixed_references)

    def score(self, hypotheses: Sequence[str]) -> Scores:
        """The scores of translations, as many as references."""
        hypotheses = list(hypotheses)
        values = {
            name: metric.corpus_score(hypotheses, None).score
            for name, metric in self.metrics.items()
        }
        return Scores(
            values, {name: str(metric.get_signature()) for name, metric in self.metrics.items()}
        )
