"""How many parameters the adapters of a configuration have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from . import configuration
from .adapter_configuration import build_adapters
from .reports.tables import PLAIN, format_table
from .sources import SOURCES, surplus_values
from .support.errors import UserError
from .support.figures import figure


def numbered_directions(languages: int, number: int | None) -> str:
    """So many directions between numbered languages, English-centric ones first.

    Args:
        languages: number of languages.
        number: number of directions; None for the English-centric ones.
    Raises:
        UserError: if there are not so many.
    """
    centric = [f"{a}-{b}" for i in range(1, languages) for a, b in ((0, i), (i, 0))]
    others = [f"{a}-{b}" for a in range(1, languages) for b in range(1, languages) if a != b]
    number = len(centric) if number is None else number
    if not 0 <= number <= len(centric) + len(others):
        raise UserError(
            f"--directions {number}: {languages} languages have {len(centric) + len(others)} at most"
        )
    return ",".join((centric + others)[:number])


def count(
    arch: str,
    languages: int,
    directions: int | None = None,
    adapter_language_ranks: str | None = None,
    **options: Any,
) -> dict[str, int]:
    """Adapter parameters by source.

    Args:
        arch: named architecture.
        languages: number of languages.
        directions: number of trained directions, for pair adapters; None for English-centric.
        adapter_language_ranks: smaller ranks of some languages, which are numbers from 0, where adapters
            are stored by language.
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
        by_language = source in ("language", "pair")
        cfg = configuration.defaults(
            adapter_source=source,
            adapter_language_ranks=adapter_language_ranks if by_language else None,
            languages=",".join(map(str, range(languages))),
            directions=numbered_directions(languages, directions),
            **options,
        )
        configuration.complete_sizes(cfg, arch)
        counts[source] = parameters_of(cfg)
    return counts


def parameters_of(cfg: Any) -> int:
    """Adapter parameters of a complete model configuration."""
    with torch.device("meta"):  # shapes without memory
        module = build_adapters(cfg)
    return sum(parameter.numel() for parameter in module.parameters()) - surplus_values(module)


# Systems with tasks: their adapter source and what it depends on.
TASK_SYSTEMS: dict[str, tuple[str, str | None]] = {
    "Hyper-X": ("hyper", None),
    "task adapters": ("task", None),
    "language and task adapters, stacked": ("stack", None),
    "task x language adapters": ("task", "src,task"),
}


def count_with_tasks(
    arch: str, languages: int, tasks: int, adapter_language_ranks: str | None = None, **options: Any
) -> dict[str, int]:
    """Adapter parameters of an encoder with tasks, by system.

    Args:
        arch: named architecture of `hyperx_encoder`.
        languages, tasks: how many there are.
        adapter_language_ranks: see `count`.
        options: further model options by name.
    Raises:
        UserError: if an option is out of range.
    """
    from .multitask.configuration import HyperXEncoderConfig, complete_sizes

    for name, number in (("languages", languages), ("tasks", tasks)):
        if number < 1:
            raise UserError(f"--{name} {number}: give at least 1")
    counts = {}
    for system, (source, condition) in TASK_SYSTEMS.items():
        cfg = configuration.defaults(
            HyperXEncoderConfig,
            adapter_source=source,
            encoder_adapter_condition=condition,
            adapter_language_ranks=adapter_language_ranks if condition else None,
            languages=",".join(map(str, range(languages))),
            tasks=",".join(map(str, range(tasks))),
            directions="",
            **options,
        )
        complete_sizes(cfg, arch)
        counts[system] = parameters_of(cfg)
    return counts


def growth(settings: Mapping[str, Any], name: str) -> dict[int, dict[str, int]]:
    """The counts as one number grows from 1 to what the settings say.

    Args:
        settings: arguments of `count_with_tasks`.
        name: "languages" or "tasks".
    """
    numbers = range(1, settings[name] + 1)
    return {number: count_with_tasks(**{**settings, name: number}) for number in numbers}


def draw_growth(path: Path, settings: Mapping[str, Any]) -> None:
    """Draws how the adapters grow with the number of languages, and of tasks.

    Args:
        path: the PNG file to write.
        settings: arguments of `count_with_tasks`; the largest numbers drawn.
    """
    with figure(path, (9.5, 4.2), columns=2) as panels:
        for axes, name, other in zip(panels, ("languages", "tasks"), ("tasks", "languages")):
            counts = growth(settings, name)
            for system in TASK_SYSTEMS:
                sizes = [counts[number][system] / 1e6 for number in counts]
                axes.plot(list(counts), sizes, label=system, linewidth=2)
            axes.set_xlabel(name)
            axes.set_ylabel("adapter parameters (millions)")
            axes.set_title(f"{settings[other]} {other}", fontsize=11)
            axes.set_ylim(bottom=0)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(True, alpha=0.4)
        panels[0].legend(fontsize=9)


def table(counts: Mapping[str, int], what: str, base: str) -> str:
    """The counts as a text table.

    Args:
        counts: parameters by name.
        what: what the names are.
        base: the name that all are compared with.
    """
    rows = [
        (name, f"{number:,}", f"{number / counts[base]:.2f}" if counts[base] else "-")
        for name, number in counts.items()
    ]
    headers = (what, "adapter parameters", f"against {base.removesuffix(' adapters')} adapters")
    return format_table(rows, headers, form=PLAIN)
