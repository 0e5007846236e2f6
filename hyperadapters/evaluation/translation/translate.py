"""Translating all directions of an evaluation."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tqdm import tqdm

from ...support.errors import format_list
from ...support.languages import split_direction
from .decoding import Sentences
from .parallel_decoding import Group, Searching, processes
from .plan import Plan
from .translation_log import Journal


def open_journal(plan: Plan) -> Journal:
    """The translations that are there already; says which cannot be used."""
    journal = Journal(plan.out / "journal.jsonl", plan.settings(), plan.digests())
    if journal.changed:
        names = ", ".join(name.replace("_", "-") for name in journal.changed)
        print(f"{plan.out} holds translations with other settings ({names}): translating anew",
              file=sys.stderr)  # fmt: skip
    if journal.outdated:
        print(f"other data of {format_list(journal.outdated)}: translating anew", file=sys.stderr)
    if journal.changed or journal.outdated:
        (plan.out / "evaluation.json").unlink(missing_ok=True)
    return journal


def translate(plan: Plan, journal: Journal) -> None:
    """Translates what the journal lacks, one target language after the other."""
    subset = plan.options.subset
    total = sum(map(plan.sentences, plan.selected))
    groups = by_target(plan.selected)
    translate_missing(
        journal,
        plan,
        groups,
        lambda task, direction: load(task, subset, direction),
        journal.translations,
        total,
    )


def translate_missing(
    journal: Journal, plan: Plan, groups: Iterable[Group], find: Callable[[Any, str], Sentences],
    rows_done: Mapping[str, Collection[int]], total: int,
) -> None:  # fmt: skip
    """Translates what a journal lacks; loads no model if that is nothing.

    Args:
        journal: gets the translations, batch by batch.
        plan: the checkpoint, the data, and how to translate.
        groups: for each target language, names of sentences that may share batches.
        find: the sentences of a name, for the task.
        rows_done: rows that are there, by name.
        total: how many there are in the end.
    """
    count = sum(map(len, rows_done.values()))
    if count == total:
        return
    from ...api import Translator

    options = plan.options
    data = ":".join(map(str, plan.data.folders))
    translator = Translator.load(plan.checkpoint, data, cpu=options.cpu, fp16=options.fp16)
    decoder = translator.decoder(options.search, options.limits())
    number = processes(options.workers, translator.cuda, total - count)
    with (
        Searching(decoder, lambda name: find(translator.task, name), number) as searching,
        tqdm(total=total, initial=count, desc="sentences") as bar,
    ):
        for tgt, batch in searching.run(groups, rows_done):
            journal.add(batch)
            bar.set_postfix(into=tgt, refresh=False)
            bar.update(len(batch.rows))


def by_target(directions: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each target language with the directions into it."""

    def target(direction: str) -> str:
        return split_direction(direction)[1]

    for tgt, members in groupby(sorted(directions, key=target), key=target):
        yield tgt, list(members)


def load(task: Any, split: str, direction: str) -> Sentences:
    """The sentences of a direction."""
    src, tgt = split_direction(direction)
    dataset = task.load_direction(split, src, tgt)
    return Sentences(direction, src, tgt, dataset, range(len(dataset)))
