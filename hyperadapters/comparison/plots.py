"""Figures of a comparison."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..support.figures import figure
from ..support.point_labels import label_points
from .evaluations import EvaluationType

MARKERS = "osD^vPX*<>"
WIDTH, HEIGHT = 3.9, 3.6  # inches of one panel
LABELLED = 15  # languages of a panel whose points have labels


def draw_all(
    out: Path, comparison: Mapping[str, Any], evaluation_type: EvaluationType, metric: str
) -> dict[str, str]:
    """Draws what there are data for.

    Args:
        out: folder to write to.
        comparison: see `run.run`.
        evaluation_type: what is compared.
        metric: name of a metric.
    Returns:
        title -> file name of each figure.
    """
    title, files = evaluation_type.metrics[metric], {}
    losses = {name: curve for name, curve in comparison["validation_loss"].items() if curve}
    several = any(len(curve) > 1 for curve in comparison["convergence"].values())
    if kinds_of(comparison):
        files[f"Mean {title} against adapter parameters"] = "quality.png"
        draw_quality(out / "quality.png", comparison, evaluation_type, metric)
    if kinds_of(comparison) and several or losses:
        files["Convergence"] = "convergence.png"
        draw_convergence(
            out / "convergence.png", comparison, evaluation_type, metric, several, losses
        )
    if len(comparison["systems"]) > 1 and any(comparison.get("training_sentences", {}).values()):
        files[f"Gain in {title} against training data"] = "gain.png"
        draw_gains(out / "gain.png", comparison, evaluation_type, metric)
    return files


def kinds_of(comparison: Mapping[str, Any]) -> list[str]:
    """The kinds that systems have means of."""
    return list(comparison["systems"][0]["averages"])


def styles(comparison: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Marker and colour of each system, the same in all figures; its runs have those of it."""
    styles_by_name = {}
    for number, system in enumerate(comparison["systems"]):
        style = {"marker": MARKERS[number % len(MARKERS)], "color": f"C{number % 10}"}
        names = (f"{system['name']}, seed {run['seed']}" for run in system["runs"])
        styles_by_name.update(dict.fromkeys((system["name"], *names), style))
    return styles_by_name


def legend(axes: list[Any]) -> None:
    """One legend below all panels."""
    handles = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    axes[0].figure.legend(
        handles.values(), handles.keys(), loc="outside lower center", ncols=min(4, len(handles)),
        frameon=False,
    )  # fmt: skip


def draw_quality(
    path: Path, comparison: Mapping[str, Any], evaluation_type: EvaluationType, metric: str
) -> None:
    """Mean scores against adapter parameters, with their standard deviations between runs; systems
    without adapters as dashed lines."""
    kinds, style = kinds_of(comparison), styles(comparison)
    with figure(path, (WIDTH * max(len(kinds), 1.4), HEIGHT), columns=len(kinds)) as axes:
        for panel, kind in zip(axes, kinds):
            for system in comparison["systems"]:
                means, name = system["averages"][kind], system["name"]
                score, deviation = means[metric], means["deviation"]
                if system["adapter_parameters"]:
                    panel.errorbar(
                        system["adapter_parameters"], score, deviation and deviation[metric],
                        label=name, linestyle="", **style[name],
                    )  # fmt: skip
                else:
                    panel.axhline(score, label=name, linestyle="--", color=style[name]["color"])
            join_sizes(panel, comparison["systems"], kind, metric)
            if any(system["adapter_parameters"] for system in comparison["systems"]):
                panel.set_xscale("log")
                spread_ticks(panel, [s["adapter_parameters"] for s in comparison["systems"]])
            panel.set_title(evaluation_type.kind_title(kind, comparison))
            panel.set_xlabel("adapter parameters")
            panel.margins(0.15)
        axes[0].set_ylabel(f"mean {evaluation_type.metrics[metric]}")
        legend(axes)


def join_sizes(panel: Any, systems: list[Mapping[str, Any]], kind: str, metric: str) -> None:
    """Joins systems that differ in size alone, such as hypernetworks with several d_h."""
    alike: dict[Any, list[Any]] = {}
    for system in systems:
        if system["adapter_parameters"]:
            point = (system["adapter_parameters"], system["averages"][kind][metric])
            key = tuple(
                system[name] for name in ("adapter_source", "adapter_condition", "rescaled")
            )
            alike.setdefault(key, []).append(point)
    for points in alike.values():
        panel.plot(*zip(*sorted(points)), color="grey", linewidth=0.8, zorder=0)


def spread_ticks(panel: Any, values: list[float]) -> None:
    """Labels a narrow log axis, which otherwise has one label or none."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    present = [value for value in values if value]
    narrow = max(present) < 100 * min(present)
    panel.xaxis.set_major_formatter(EngFormatter(sep=""))
    if narrow:
        panel.set_xlim(min(present) / 2, max(present) * 2)
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.xaxis.set_minor_formatter(NullFormatter())


def draw_convergence(
    path: Path,
    comparison: Mapping[str, Any],
    evaluation_type: EvaluationType,
    metric: str,
    several: bool,
    losses: Mapping[str, Any],
) -> None:
    """Mean scores and, from training logs, validation losses against updates.

    Args:
        path: the PNG file to write.
        comparison: see `run.run`.
        evaluation_type: what is compared.
        metric: name of a metric.
        several: whether a system was evaluated after different numbers of updates.
        losses: system -> [(updates, loss)].
    """
    kinds, style = kinds_of(comparison) if several else [], styles(comparison)
    panels = len(kinds) + bool(losses)
    with figure(path, (WIDTH * max(panels, 1.4), HEIGHT), columns=panels) as axes:
        for panel, kind in zip(axes, kinds):
            for name, curve in comparison["convergence"].items():
                points = [(point["updates"], point[kind][metric]) for point in curve]
                panel.plot(*zip(*points), label=name, **style[name])
            panel.set_title(evaluation_type.kind_title(kind, comparison))
            panel.set_ylabel(f"mean {evaluation_type.metrics[metric]}")
        for name, curve in losses.items():
            axes[-1].plot(*zip(*curve), label=name, **{**style[name], "marker": "."})
        if losses:
            axes[-1].set_title("validation loss")
        for panel in axes:
            panel.set_xlabel("updates")
        legend(axes)


def gains(comparison: Mapping[str, Any], kind: str, metric: str, system: str) -> dict[str, float]:
    """What each language gains by a system over the baseline: means over its directions of a kind."""
    gains_by_code: dict[str, list[float]] = {}
    for direction, entry in comparison["directions"].items():
        if entry["kind"] == kind:
            scores = entry["scores"]
            gain = scores[system][metric] - scores[comparison["baseline"]][metric]
            for code in direction.split("-"):
                if code != comparison["english"]:
                    gains_by_code.setdefault(code, []).append(gain)
    return {code: sum(values) / len(values) for code, values in gains_by_code.items()}


def draw_gains(
    path: Path, comparison: Mapping[str, Any], evaluation_type: EvaluationType, metric: str
) -> None:
    """The gain of each language over the baseline against its training sentences."""
    kinds, sizes = kinds_of(comparison), comparison["training_sentences"]
    with figure(path, (WIDTH * max(len(kinds), 1.4), HEIGHT), columns=len(kinds)) as axes:
        points_by_panel = [
            gain_points(panel, comparison, kind, metric) for panel, kind in zip(axes, kinds)
        ]
        for panel, kind, points in zip(axes, kinds, points_by_panel):
            panel.set_xscale("log")
            if points:
                spread_ticks(panel, [sizes[code] for code in points])
            low, high = panel.get_xlim()
            for threshold in comparison["resource_thresholds"]:
                if low < threshold < high:
                    panel.axvline(threshold, color="grey", linestyle=":", linewidth=0.8)
            panel.set_title(evaluation_type.kind_title(kind, comparison))
            panel.set_xlabel("training sentences of the language")
            panel.margins(y=0.15)
        axes[0].set_ylabel(f"gain in {evaluation_type.metrics[metric]}")
        legend(axes)
        for panel, points in zip(axes, points_by_panel):  # places depend on all that was drawn
            if 0 < len(points) <= LABELLED:
                every = [(sizes[code], gain) for code, gains in points.items() for gain in gains]
                highest = [(sizes[code], max(gains)) for code, gains in points.items()]
                label_points(
                    panel,
                    np.array(highest),
                    list(points),
                    ["black"] * len(points),
                    7,
                    np.array(every),
                )


def gain_points(
    panel: Any, comparison: Mapping[str, Any], kind: str, metric: str
) -> dict[str, list[float]]:
    """Draws the gains of one kind; returns those of each language by all systems."""
    style, baseline = styles(comparison), comparison["baseline"]
    sizes = comparison["training_sentences"]
    panel.axhline(0, color="grey", linewidth=0.8, label=f"{baseline} (baseline)")
    drawn: dict[str, list[float]] = {}
    for name in (s["name"] for s in comparison["systems"] if s["name"] != baseline):
        of_language = {
            code: gain
            for code, gain in gains(comparison, kind, metric, name).items()
            if sizes[code]
        }
        panel.plot(
            [sizes[code] for code in of_language], list(of_language.values()),
            label=name, linestyle="", markersize=5, **style[name],
        )  # fmt: skip
        for code, gain in of_language.items():
            drawn.setdefault(code, []).append(gain)
    return drawn
