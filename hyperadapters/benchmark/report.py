"""The figures of a benchmark as text."""

from typing import Any

from ..reports.tables import format_table


def report(figures: dict[str, Any]) -> str:
    """Ratios first, then times, memory and what they were measured on.

    Args:
        figures: what `run` returned.
    """
    environment, settings = figures["environment"], figures["settings"]
    sections = [
        ratio_table(figures["ratios"]),
        time_table(figures["milliseconds"]),
        size_table(figures),
        ", ".join(f"{name} {value}" for name, value in environment.items()),
        ", ".join(f"{name} {value}" for name, value in settings.items()),
    ]
    return "\n\n".join(sections)


def ratio_table(ratios: dict[str, float]) -> str:
    """Every ratio and its spread."""
    rows = [
        (name, f"{value:.3f}", f"{ratios[f'{name}_spread']:.3f}")
        for name, value in ratios.items()
        if not name.endswith("_spread")
    ]
    return format_table(rows, ("ratio (median of the rounds)", "value", "spread"))


def time_table(milliseconds: dict[str, dict[str, dict[str, float]]]) -> str:
    """Every time and its spread."""
    rows = [
        (what.replace("_", " "), name, f"{times['median']:,.2f}", f"{times['spread']:,.2f}")
        for what, systems in milliseconds.items()
        for name, times in systems.items()
    ]
    return format_table(rows, ("what", "system", "ms", "spread"), texts=2)


def size_table(figures: dict[str, Any]) -> str:
    """Parameters and peak memory of training, by system."""
    rows = [
        (name, f"{count:,}", f"{figures['peak_memory_bytes'][name] / 2**20:,.0f}")
        for name, count in figures["parameters"].items()
    ]
    return format_table(rows, ("system", "parameters", "peak memory of training (MiB)"))
