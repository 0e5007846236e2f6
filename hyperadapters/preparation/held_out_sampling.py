"""Valid and test sets that are taken out of the training files, where a corpus has none."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from ..support.files import write_lines
from ..support.resumable import digest
from .context import VERSION, Context
from .corpora import Part
from .filters.rules import FilteredChunk, Rules, filter_chunk
from .hashes import ODD, HeldOut, hashes, read_hashes, write_hashes
from .text import clean_lines

Pairs = list[tuple[str, str]]


def sample_sets(
    context: Context, held_out: HeldOut, rules: dict[str, Rules], inputs: dict[str, Any]
) -> HeldOut:
    """Draws every set that the configuration wants drawn.

    Args:
        context: the preparation.
        held_out: the sentences of the sets that have files; none of them is drawn.
        rules: of each training part; what they drop is not drawn.
        inputs: all that the filtered text of each training part depends on.
    Returns:
        the held-out sentences with those drawn.
    """
    parts_by_training: dict[str, list[Part]] = defaultdict(list)
    for part in context.corpora.of("valid", "test"):
        if part.drawn:
            parts_by_training[context.corpora.train_part(part).name].append(part)
    if not parts_by_training:
        return held_out
    for name, parts in parts_by_training.items():
        depends_on = [
            VERSION,
            inputs[name],
            context.config.seed,
            [[part.name, part.drawn] for part in parts],
        ]
        outputs = [file for part in parts for file in context.text_files(part)]
        if not all(
            context.steps.is_done(f"filter {part.name}", depends_on, outputs) for part in parts
        ):
            draw(context, context.corpora.parts[name], parts, rules[name], depends_on)
    return with_drawn(
        context, held_out, [part for parts in parts_by_training.values() for part in parts]
    )


def draw(context: Context, train: Part, parts: list[Part], rules: Rules, inputs: Any) -> None:
    """Draws the sets of one pair and writes their text."""
    number = sum(part.drawn for part in parts)
    pairs = lowest(chunks(context, train, rules), number, context.config.seed)
    for part in parts:
        context.steps.forget(f"filter {part.name}")
        sample, pairs = pairs[: part.drawn], pairs[part.drawn :]
        turn = part.src != train.src
        for side, file in enumerate(context.text_files(part)):
            write_lines(file, (pair[side ^ turn] for pair in sample))
        counts = {"read": len(sample), "kept": len(sample), "dropped": {}, "digest": digest(sample)}
        context.steps.finish(f"filter {part.name}", inputs, counts)
    context.steps.save()


def chunks(context: Context, train: Part, rules: Rules) -> Iterable[FilteredChunk]:
    """The filtered chunks of a training part."""

    def tasks():
        for source in train.sources:
            source_rules = replace(rules, gaps=source.gaps)
            for blocks in source.chunks():
                yield None, (*blocks, source_rules)

    total = sum(context.facts[source.files[0]]["lines"] for source in train.sources)
    with tqdm(
        total=total, desc=f"drawing from {train.pair}", unit=" lines", unit_scale=True
    ) as bar:
        for _, chunk in context.workers.map(filter_chunk, tasks()):
            bar.update(chunk.read)
            yield chunk


def lowest(chunks: Iterable[FilteredChunk], number: int, seed: int) -> Pairs:
    """Different pairs, chosen and ordered by a hash of pair and seed: a random choice in one pass.

    Args:
        chunks: filtered chunks.
        number: pairs to choose.
        seed: of the choice.
    """
    keys, pairs = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=object)
    salt = hashes([str(seed)])[0]
    for chunk in chunks:
        chunk_keys = (chunk.hashes ^ salt) * ODD
        low = np.flatnonzero(
            chunk_keys < keys[-1] if len(keys) == number else np.ones(len(chunk_keys), bool)
        )
        source, target = clean_lines(chunk.source), clean_lines(chunk.target)
        new = np.empty(len(low), dtype=object)
        new[:] = [(source[row], target[row]) for row in low.tolist()]
        keys, order = np.unique(np.concatenate([keys, chunk_keys[low]]), return_index=True)
        pairs = np.concatenate([pairs, new])[order][:number]
        keys = keys[:number]
    return pairs.tolist()


def with_drawn(context: Context, held_out: HeldOut, parts: list[Part]) -> HeldOut:
    """The held-out sentences with those of drawn sets."""
    path = context.work / "held_out_and_drawn.u64"

    def action() -> dict[str, str]:
        all_hashes = [read_hashes(held_out.path)]
        for part in parts:
            for file in context.text_files(part):
                all_hashes.append(hashes(clean_lines(file.read_bytes())))
        together = np.unique(np.concatenate(all_hashes))
        write_hashes(path, together)
        return {"digest": digest(together.tolist()), "sentences": len(together)}

    inputs = [VERSION, held_out.digest, [context.counts(part)["digest"] for part in parts]]
    result = context.steps.run("held-out sentences with drawn ones", inputs, action, [path])
    return HeldOut(path, result["digest"], result["sentences"])
