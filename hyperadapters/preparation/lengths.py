"""The usual ratio of the lengths of a pair's sides."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from .context import VERSION, Context
from .corpora import Source
from .text import clean_lines
from .validate_files import stamp

FEWEST = 10  # pairs that tell a ratio


def usual_ratios(context: Context) -> dict[str, float]:
    """Characters of the source for each character of the target, by training part.

    It is the median over the first lines of each training file: a Chinese sentence has a third of
    the characters of its English translation, and a fixed limit would drop the one or miss the other.
    """
    parts = context.corpora.of("train")
    sources = {part.name: part.sources for part in parts}
    names = {part.name: f"lengths {part.name}" for part in parts}
    inputs = {
        name: [
            VERSION,
            [[str(path), stamp(path), s.half] for s in part_sources for path in s.files],
        ]
        for name, part_sources in sources.items()
    }
    todo = [name for name in sources if not context.steps.is_done(names[name], inputs[name])]
    results = context.workers.map(usual_ratio, ((name, sources[name]) for name in todo))
    for name, ratio in tqdm(results, total=len(todo), desc="lengths", disable=not todo):
        context.steps.finish(names[name], inputs[name], ratio)
    context.steps.save()
    return {name: context.steps.result(names[name]) for name in sources}


def usual_ratio(sources: Sequence[Source]) -> float:
    """The median ratio over the first lines of each pair of files; 1 if there are too few."""
    ratios = []
    for files in sources:
        source, target = map(clean_lines, next(files.chunks()))
        ratios += [len(s) / len(t) for s, t in zip(source, target) if s and t]
    return float(np.median(ratios)) if len(ratios) >= FEWEST else 1.0
