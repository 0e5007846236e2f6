"""From a checkpoint to a page about its languages."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..checkpoints.checkpoint import Checkpoint
from ..data.reference_distances import Reference, read_reference
from ..evaluation.adapter_swap.report import draw as draw_swaps
from ..evaluation.adapter_swap.run import (
    SwapOptions,
    distances_of,
    mean_scores,
    plan_swaps,
    swap_test,
)
from ..evaluation.adapter_swap.selection import AUTO
from ..support.errors import UserError
from ..support.files import check_output, write_json, write_text
from ..support.languages import Languages
from .analysis import analyse, notes
from .plots import draw_dendrograms, draw_maps
from .report import correlation_text, format_page
from .vectors import vectors_of

LEAST = 3  # languages that have anything to tell of which are near


@dataclass(frozen=True)
class Options:
    """What to find out.

    Args:
        distances: a table of known distances or "genealogy", see `reference`; empty for none.
        languages: the languages; none for all.
        neighbours: how many nearest languages to list.
        swap: what to translate with other languages' adapters; None for nothing.
    """

    distances: str = ""
    languages: tuple[str, ...] = ()
    neighbours: int = 3
    swap: SwapOptions | None = None


def run(checkpoint: str, out: Path, options: Options) -> dict[str, Any]:
    """Writes `languages.json`, `languages.md`, `dendrogram.png` and `map.png`, and with a swap test
    `swap.png`.

    Args:
        checkpoint: a checkpoint with adapters.
        out: folder to write to.
        options: what to find out.
    Returns:
        what languages.json holds.
    Raises:
        UserError: if the checkpoint has no adapters of languages, or the reference lacks one.
    """
    opened = Checkpoint(checkpoint).require_adapters()
    codes = options.languages or opened.languages.codes
    check(options, opened.languages)
    reference = read_reference(options.distances, codes) if options.distances else None
    for name in ("languages.json", "languages.md"):
        check_output(out / name, checkpoint)
    sets = vectors_of(opened, codes)
    source = opened.config.baked_from or opened.config.adapter_source
    analysis = {
        "checkpoint": str(checkpoint),
        "source": source,
        "reference": reference.title if reference else None,
        "nearest_in_reference": nearest_in(reference) if reference else None,
        "sets": [analyse(vectors, reference, options.neighbours) for vectors in sets],
        "notes": notes(source, sets, len(codes))
        + ([reference.note] if reference and reference.note else []),
    }
    if options.swap:
        chosen_by = distances_of(analysis, reference)
        planned = plan_swaps(opened, out, options.swap, chosen_by)
    figures = {"Dendrograms": "dendrogram.png", "Maps": "map.png"}
    titles = [
        part["title"] + (f"\nrank correlation {correlation_text(part)}" if reference else "")
        for part in analysis["sets"]
    ]
    draw_dendrograms(out / "dendrogram.png", sets, reference, titles)
    draw_maps(out / "map.png", sets, reference)
    if options.swap:
        analysis["notes"] += planned.notes
        rows = swap_test(planned)
        analysis["swap"] = {
            "chosen_by": chosen_by.title if options.swap.swap == AUTO else None,
            "means": mean_scores(rows),
            "rows": rows,
        }
        draw_swaps(out / "swap.png", rows, Path(checkpoint).absolute().parent.name)
        figures["Swapped adapters"] = "swap.png"
    write_json(out / "languages.json", analysis)
    write_text(out / "languages.md", format_page(analysis, figures))
    return analysis


def check(options: Options, languages: Languages) -> None:
    """Raises:
    UserError: if languages or neighbours are unusable.
    """
    if options.neighbours < 1:
        raise UserError(f"--neighbours {options.neighbours}: give at least 1")
    named = options.languages
    for code in named:
        languages.id(code)
    if named and len(set(named)) < max(LEAST, len(named)):
        raise UserError(f"--languages {','.join(named)}: name {LEAST} or more, each once")


def nearest_in(reference: Reference) -> dict[str, list[str]]:
    """All languages that are nearest to each language by a reference."""
    apart = reference.distances + np.diag([np.inf] * len(reference.codes))
    return {
        code: [other for other, d in zip(reference.codes, row) if np.isclose(d, row.min())]
        for code, row in zip(reference.codes, apart)
    }
