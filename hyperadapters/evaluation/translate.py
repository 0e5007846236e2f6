"""Translating all directions of an evaluation."""

import sys
from itertools import groupby
from typing import Any, Iterator, List, Sequence, Tuple

from tqdm import tqdm

from ..errors import listed
from ..languages import split_direction
from .decoding import Sentences
from .journal import Journal
from .plan import Plan


def open_journal(checked: Plan) -> Journal:
    """The translations that are there already; says which cannot be used."""
    journal = Journal(checked.out / "journal.jsonl", checked.settings(), checked.digests())
    if journal.changed:
        names = ", ".join(name.replace("_", "-") for name in journal.changed)
        print(f"{checked.out} holds translations with other settings ({names}): translating anew",
              file=sys.stderr)  # fmt: skip
    if journal.outdated:
        print(f"other data of {listed(journal.outdated)}: translating anew", file=sys.stderr)
    if journal.changed or journal.outdated:
        (checked.out / "evaluation.json").unlink(missing_ok=True)
    return journal


def translate(checked: Plan, journal: Journal) -> None:
    """Translates what the journal lacks, one target language after the other."""
    sizes = {one: checked.sentences(one) for one in checked.selected}
    done = sum(map(len, journal.translations.values()))
    if done == sum(sizes.values()):
        return
    from ..api import Translator

    options = checked.options
    data = ":".join(map(str, checked.data.folders))
    translator = Translator.load(checked.checkpoint, data, cpu=options.cpu, fp16=options.fp16)
    decoder = translator.decoder(options.search, options.limits(translator.cuda))
    with tqdm(total=sum(sizes.values()), initial=done, desc="sentences") as bar:
        for tgt, directions in by_target(checked.selected):
            bar.set_postfix(into=tgt)
            # loaded when their turn comes: thousands of directions are too many open files
            sentences = [load(translator.task, options.subset, one) for one in directions]
            for batch in decoder.decode(sentences, journal.translations):
                journal.add(batch)
                bar.update(len(batch.rows))


def by_target(directions: Sequence[str]) -> Iterator[Tuple[str, List[str]]]:
    """Each target language with the directions into it."""

    def target(direction: str) -> str:
        return split_direction(direction)[1]

    for tgt, found in groupby(sorted(directions, key=target), key=target):
        yield tgt, list(found)


def load(task: Any, split: str, direction: str) -> Sentences:
    """The sentences of a direction."""
    src, tgt = split_direction(direction)
    dataset = task.load_direction(split, src, tgt)
    return Sentences(direction, src, tgt, dataset, range(len(dataset)))
