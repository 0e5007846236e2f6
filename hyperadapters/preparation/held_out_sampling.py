"""Valid and test sets that are taken out of the training files, where a corpus has none."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from ..support.files import write_lines
from ..support.resumable import digest
from .corpora import Part
from .filters.rules import Kept, Rules, filter_chunk
from .hashes import ODD, HeldOut, hashes, read_hashes, write_hashes
from .job import VERSION, Job
from .text import clean_lines

Pairs = list[tuple[str, str]]


def draw_all(
    job: Job, held_out: HeldOut, rules: dict[str, Rules], inputs: dict[str, Any]
) -> HeldOut:
    """Draws every set that the configuration wants drawn.

    Args:
        job: the preparation.
        held_out: the sentences of the sets that have files; none of them is drawn.
        rules: of each training part; what they drop is not drawn.
        inputs: all that the filtered text of each training part depends on.
    Returns:
        the held-out sentences with those drawn.
    """
    wanted: dict[str, list[Part]] = defaultdict(list)
    for part in job.corpora.of("valid", "test"):
        if part.drawn:
            wanted[job.corpora.train_part(part).name].append(part)
    if not wanted:
        return held_out
    for name, parts in wanted.items():
        own = [VERSION, inputs[name], job.config.seed, [[part.name, part.drawn] for part in parts]]
        outputs = [file for part in parts for file in job.text_files(part)]
        if not all(job.steps.is_done(f"filter {part.name}", own, outputs) for part in parts):
            draw(job, job.corpora.parts[name], parts, rules[name], own)
    return with_drawn(job, held_out, [part for parts in wanted.values() for part in parts])


def draw(job: Job, train: Part, parts: list[Part], rules: Rules, inputs: Any) -> None:
    """Draws the sets of one pair and writes their text."""
    number = sum(part.drawn for part in parts)
    pairs = lowest(chunks(job, train, rules), number, job.config.seed)
    for part in parts:
        job.steps.forget(f"filter {part.name}")
        own, pairs = pairs[: part.drawn], pairs[part.drawn :]
        turn = part.src != train.src
        for side, file in enumerate(job.text_files(part)):
            write_lines(file, (pair[side ^ turn] for pair in own))
        counts = {"read": len(own), "kept": len(own), "dropped": {}, "digest": digest(own)}
        job.steps.finish(f"filter {part.name}", inputs, counts)
    job.steps.save()


def chunks(job: Job, train: Part, rules: Rules) -> Iterable[Kept]:
    """The filtered chunks of a training part."""

    def tasks():
        for source in train.sources:
            own = replace(rules, gaps=source.gaps)
            for blocks in source.chunks():
                yield None, (*blocks, own)

    total = sum(job.facts[source.files[0]]["lines"] for source in train.sources)
    with tqdm(
        total=total, desc=f"drawing from {train.pair}", unit=" lines", unit_scale=True
    ) as bar:
        for _, chunk in job.workers.map(filter_chunk, tasks()):
            bar.update(chunk.read)
            yield chunk


def lowest(found: Iterable[Kept], number: int, seed: int) -> Pairs:
    """Different pairs, chosen and ordered by a hash of pair and seed: a random choice in one pass.

    Args:
        found: filtered chunks.
        number: pairs to choose.
        seed: of the choice.
    """
    keys, pairs = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=object)
    salt = hashes([str(seed)])[0]
    for chunk in found:
        own = (chunk.hashes ^ salt) * ODD
        low = np.flatnonzero(own < keys[-1] if len(keys) == number else np.ones(len(own), bool))
        source, target = clean_lines(chunk.source), clean_lines(chunk.target)
        new = np.empty(len(low), dtype=object)
        new[:] = [(source[row], target[row]) for row in low.tolist()]
        keys, order = np.unique(np.concatenate([keys, own[low]]), return_index=True)
        pairs = np.concatenate([pairs, new])[order][:number]
        keys = keys[:number]
    return pairs.tolist()


def with_drawn(job: Job, held_out: HeldOut, parts: list[Part]) -> HeldOut:
    """The held-out sentences with those of drawn sets."""
    path = job.work / "held_out_and_drawn.u64"

    def action() -> dict[str, str]:
        found = [read_hashes(held_out.path)]
        for part in parts:
            for file in job.text_files(part):
                found.append(hashes(clean_lines(file.read_bytes())))
        together = np.unique(np.concatenate(found))
        write_hashes(path, together)
        return {"digest": digest(together.tolist()), "sentences": len(together)}

    inputs = [VERSION, held_out.digest, [job.counts(part)["digest"] for part in parts]]
    result = job.steps.run("held-out sentences with drawn ones", inputs, action, [path])
    return HeldOut(path, result["digest"], result["sentences"])
