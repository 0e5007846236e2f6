"""How many parameters the adapters of a configuration have."""

from typing import Any, Dict, Optional

import torch

from . import configuration
from .errors import UserError
from .sources import SOURCES


def numbered_directions(languages: int, wanted: Optional[int]) -> str:
    """So many directions between numbered languages, English-centric ones first.

    Args:
        languages: number of languages.
        wanted: number of directions; None for the English-centric ones.
    Raises:
        UserError: if there are not so many.
    """
    centric = [f"{a}-{b}" for i in range(1, languages) for a, b in ((0, i), (i, 0))]
    others = [f"{a}-{b}" for a in range(1, languages) for b in range(1, languages) if a != b]
    wanted = len(centric) if wanted is None else wanted
    if not 0 <= wanted <= len(centric) + len(others):
        raise UserError(
            f"--directions {wanted}: {languages} languages have {len(centric) + len(others)} at most"
        )
    return ",".join((centric + others)[:wanted])


def count(
    arch: str, languages: int, directions: Optional[int] = None, **options: Any
) -> Dict[str, int]:
    """Adapter parameters by source.

    Args:
        arch: named architecture.
        languages: number of languages.
        directions: number of trained directions, for pair adapters; None for English-centric.
        options: further model options by name.
    Raises:
        UserError: if an option is out of range.
    """
    if languages < 1:
        raise UserError(f"--languages {languages}: give at least 1")
    counts = {}
    for source in SOURCES.names():
        if "task" in SOURCES.get(source).default_inputs["encoder"]:
            continue  # translation alone has no tasks
        if not SOURCES.get(source).trains:
            continue  # its size depends on what is baked, which `hyperadapters bake` reports
        cfg = configuration.defaults(
            adapter_source=source,
            languages=",".join(map(str, range(languages))),
            directions=numbered_directions(languages, directions),
            **options,
        )
        configuration.complete_sizes(cfg, arch)
        setting = configuration.setting_of(cfg)
        with torch.device("meta"):  # shapes without memory
            module = SOURCES.get(source)(setting)
        counts[source] = sum(parameter.numel() for parameter in module.parameters())
    return counts


def table(counts: Dict[str, int]) -> str:
    """The counts as a text table, with their size against language adapters."""
    from tabulate import tabulate

    language = counts["language"]
    rows = [
        (source, f"{number:,}", f"{number / language:.2f}" if language else "-")
        for source, number in counts.items()
    ]
    headers = ("source", "adapter parameters", "against language adapters")
    return tabulate(rows, headers, colalign=("left", "right", "right"), disable_numparse=True)
