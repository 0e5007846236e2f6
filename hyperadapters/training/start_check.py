"""Whether a pretrained model translates at all before the first update.

One that is given another input than it was trained with (another dictionary, no language token or that of the
other side) translates into wrong languages, which the loss on given references hardly shows.
"""

import logging
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from fairseq import utils
from fairseq.distributed.utils import get_global_rank
from sacrebleu.metrics import CHRF
from torch import nn

from ..data.start_sample import Speller, StartSample
from ..metrics.language_id import IDENTIFIERS
from ..metrics.off_target import OffTarget
from ..support.languages import split_direction
from .resuming import resumed_file

logger = logging.getLogger(__name__)

SEARCH = {"beam": 1, "max_len_a": 1.5, "max_len_b": 10}
MOST_OFF_TARGET = 0.5  # of the sentences
LEAST_GAIN = 2.0  # chrF points that translations are nearer to their own references
ENOUGH = 20  # sentences of a language that it can be told by
ADVICE = (
    "if the directions are not new to it, it expects another input: check dictionary, --langs, "
    "--encoder-langtok, --decoder-langtok and --lang-tok-style"
)


@dataclass
class Translations:
    """What a model made of the sentences of all directions.

    Attributes:
        rows: direction, translation and reference of each sentence.
        others: the reference of another sentence of the same direction, for each.
        texts: sentences by language.
    """

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, sample: StartSample, texts: list[str]) -> None:
        """Adds the translations of a sample."""
        references = sample.references
        self.rows += [(sample.direction, *pair) for pair in zip(texts, references)]
        self.others += references[1:] + references[:1]
        for code, sentences in sample.texts.items():
            self.texts.setdefault(code, []).extend(sentences)

    def chrf(self) -> tuple[float, float]:
        """chrF against the references, and against those of other sentences."""
        hypotheses = [text for _, text, _ in self.rows]
        references = [reference for *_, reference in self.rows]
        return tuple(
            CHRF().corpus_score(hypotheses, [texts]).score for texts in (references, self.others)
        )

    def off_target(self) -> float | None:
        """The fraction of translations in another language; None if there are too few sentences."""
        learnt = {code: texts for code, texts in self.texts.items() if len(set(texts)) >= ENOUGH}
        targets = {split_direction(name)[1] for name, *_ in self.rows}
        if len(learnt) < 2 or not targets <= {*learnt}:
            return None
        rates = OffTarget(IDENTIFIERS.get("ngrams")(list(learnt)), learnt, {})
        wrong = [
            rates.rate([text], split_direction(name)[1], [reference])
            for name, text, reference in self.rows
        ]
        return sum(wrong) / len(wrong)


class CheckedStart:
    """A fairseq task that has the pretrained model of its training checked before the first update.

    Attributes:
        unchecked_start: the path of the model until then.
    """

    unchecked_start: str | None = None

    def begin_epoch(self, epoch: int, model: nn.Module) -> None:
        super().begin_epoch(epoch, model)
        path, self.unchecked_start = self.unchecked_start, None
        options = self.cfg or self.args
        number = options.check_sentences
        if path and number and resumed_file(options) is None and get_global_rank() == 0:
            spell = self.speller()
            check_start(path, self, model, self.start_samples(number, spell), spell)

    def speller(self) -> Speller:
        """What makes text of the ids of its pieces."""
        raise NotImplementedError

    def start_samples(self, number: int, spell: Speller) -> Iterator[StartSample]:
        """Validation sentences of a few directions, each of which it is set to translate.

        Args:
            number: how many of a direction.
            spell: makes text of ids.
        """
        raise NotImplementedError


def check_start(
    path: str, task: Any, model: nn.Module, samples: Iterable[StartSample], spell: Callable
) -> None:
    """Translates held-out sentences, logs how well, and warns if it looks wrong.

    Args:
        path: the pretrained model, for messages.
        task: the fairseq task; its `inference_step` translates.
        model: the model, before its first update.
        samples: the sentences of each direction.
        spell: makes text of ids [T].
    """
    translations, was_training = Translations(), model.training
    model.eval()
    device = next(model.parameters()).device
    for sample in samples:
        batch = utils.move_to_cuda(sample.batch, device) if device.type == "cuda" else sample.batch
        generator = task.build_generator([model], Namespace(**SEARCH))  # of this direction
        with torch.no_grad():
            nbest = task.inference_step(generator, [model], batch)
        translations.add(sample, [spell(hypotheses[0]["tokens"].cpu()) for hypotheses in nbest])
    model.train(was_training)
    if translations.rows:
        report(path, translations)


def report(path: str, translations: Translations) -> None:
    """Logs how good translations are, as a warning if they look wrong."""
    (score, other_score), off_target = translations.chrf(), translations.off_target()
    name, text, reference = translations.rows[0]
    summary = (
        f"{path}, before the first update: {len(translations.rows)} validation sentences are translated with "
        f"chrF {score:.1f} ({other_score:.1f} against other sentences' references)"
    )
    if off_target is not None:
        summary += f", {off_target:.0%} in another language"
    has_others = any(other != row[-1] for other, row in zip(translations.others, translations.rows))
    is_noise = has_others and score - other_score < LEAST_GAIN  # a single sentence has no other
    wrong = is_noise or (off_target or 0) > MOST_OFF_TARGET
    if wrong:
        logger.warning(f"{summary}; {name}: '{text}' for '{reference}': {ADVICE}")
    else:
        logger.info(summary)
