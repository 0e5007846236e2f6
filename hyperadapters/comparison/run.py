"""From evaluation folders to a table, a JSON file and figures."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..evaluation.score_table import write_scores
from ..support.errors import UserError, did_you_mean
from ..support.files import check_output, write_json, write_text
from ..training.log import validation_losses, words_per_second
from . import comparability, loading, plots, record
from .evaluations import Systems
from .options import Options
from .report import format_page
from .resampling import TESTS
from .significance import compare, samples_note

FILES = ("comparison.json", "comparison.md", "comparison.tsv")


def run(folders: Sequence[str], out: Path, options: Options) -> dict[str, Any]:
    """Compares evaluations and writes `comparison.json`, `comparison.md`, `comparison.tsv` and figures.

    Args:
        folders: folders that hold evaluations, see `loading.find_evaluations`.
        out: folder to write to.
        options: how to compare.
    Returns:
        what comparison.json holds.
    Raises:
        UserError: if the evaluations cannot be compared.
    """
    kind_of_test = TESTS.get(options.test)
    test = kind_of_test(options.samples or kind_of_test.default_samples, options.seed)
    evaluations = loading.find_evaluations(folders)
    units, notes = comparability.common_units(evaluations)
    systems = loading.group_runs(evaluations)
    evaluation_type = evaluations[0].type
    check_options(systems, options)
    curves = {name: validation_losses(log) for name, log in options.logs.items()}
    speeds = {name: words_per_second(log) for name, log in options.logs.items()}
    comparability.check_comparability(evaluations, units)
    for name in FILES:
        check_output(Path(out) / name)
    notes += evaluation_type.notes(systems, units, options)
    notes += [comparability.runs_note(systems), samples_note(test, len(systems))]
    groups = evaluation_type.groups(systems, units, options)
    facts = evaluation_type.facts(systems, units, options)
    results = compare(systems, groups, test)

    comparison = {
        "systems": [
            {
                **record.system_record(name, runs, groups, results),
                "training_words_per_second": speeds.get(name),
            }
            for name, runs in systems.items()
        ],
        **facts,
        "baseline": options.baseline or fewest_parameters(systems),
        "test": record.test_record(test),
        "groups": record.group_records(groups, systems, results),
        f"{evaluation_type.unit}s": record.unit_records(systems, results, facts),
        "convergence": record.convergence_records(evaluations, systems, groups),
        "validation_loss": curves,
        "notes": [note for note in notes if note],
    }
    metric = options.metric or next(iter(evaluation_type.metrics))
    figures = plots.draw_all(Path(out), comparison, evaluation_type, metric)
    order = {key: n for n, key in enumerate(itertools.product(systems, evaluations[0].units))}
    rows = sorted(results.rows, key=lambda row: order[row.system, row.unit])
    write_scores(Path(out) / "comparison.tsv", rows)
    write_json(Path(out) / "comparison.json", comparison)
    write_text(Path(out) / "comparison.md", format_page(comparison, evaluation_type, figures))
    return comparison


def check_options(systems: Systems, options: Options) -> None:
    """Raises:
    UserError: if the baseline or a log names no system, or the evaluations lack the metric.
    """
    choices: list[tuple[str, str]] = [("--logs", name) for name in options.logs]
    if options.baseline:
        choices.append(("--baseline", options.baseline))
    for option, name in choices:
        if name not in systems:
            raise UserError(
                f"{option} {name}: there is no such system: {did_you_mean(name, systems)}"
            )
    metrics = next(iter(systems.values()))[0].type.metrics
    if options.metric and options.metric not in metrics:
        raise UserError(f"--metric {options.metric}: the evaluations have {', '.join(metrics)}")


def fewest_parameters(systems: Systems) -> str:
    """The system with the fewest adapter parameters, the first of several."""
    return min(systems, key=lambda name: systems[name][0].system["adapter_parameters"])
