"""A sample of all languages in which small ones have more than their share."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .text import aligned_lines


def quotas(
    sizes: dict[str, int],
    characters: dict[str, int],
    temperature: float,
    most: int,
    most_characters: int,
) -> dict[str, int]:
    """How many sentences to draw of each language.

    A language of n sentences is drawn with probability proportional to n^(1/T) (Arivazhagan et al.
    2019); as many sentences in all as there are, but not more than allowed.

    Args:
        sizes: sentences of each language.
        characters: characters of each language.
        temperature: T; 1 leaves the proportions, a large one draws all languages equally.
        most: sentences in all, at most.
        most_characters: characters in all, at most.
    """
    total = min(most, sum(sizes.values()))
    weights = {code: size ** (1 / temperature) if size else 0.0 for code, size in sizes.items()}
    scale = total / sum(weights.values())
    expected = sum(scale * w * characters[code] / sizes[code] for code, w in weights.items() if w)
    scale *= min(1.0, most_characters / expected)
    # a language that has any text is in the sample
    return {code: max(round(w * scale), 1) if w else 0 for code, w in weights.items()}


def sample(
    files: dict[str, list[Path]], sizes: dict[str, int], numbers: dict[str, int], seed: int
) -> Iterator[str]:
    """Draws sentences; those of small languages several times.

    Args:
        files: text files of each language.
        sizes: their lines in all.
        numbers: lines to draw of each language.
        seed: of the choice.
    """
    for number, code in enumerate(files):
        if sizes[code]:
            random = np.random.default_rng([seed, number])
            yield from sample_language(files[code], sizes[code], numbers[code], random)


def sample_language(
    files: list[Path], size: int, number: int, random: np.random.Generator
) -> Iterator[str]:
    """Draws from one language: all its lines as often as they fit, and a choice of them."""
    times, remainder = divmod(number, size)
    for path in files:
        for (lines,) in aligned_lines([path]):
            # uniform without replacement, without knowing the lines to come
            rest = size - len(lines)
            count = int(random.hypergeometric(len(lines), rest, remainder)) if remainder else 0
            rows = np.sort(random.choice(len(lines), count, replace=False))
            for line in [*lines * times, *(lines[row] for row in rows.tolist())]:
                yield line.decode("utf-8").rstrip("\n")
            size, remainder = rest, remainder - count
