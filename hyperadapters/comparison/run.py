"""From evaluation folders to a table, a JSON file and figures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..errors import UserError, nearest
from ..evaluation.training_log import validation_losses, words_per_second
from ..files import check_output, write_json, write_text
from . import alignment, evaluations, plots, record
from .evaluations import Evaluation
from .groups import ML50_THRESHOLDS, groups_of, thresholds_note, training_sizes
from .report import markdown
from .resampling import TESTS
from .significance import compare, samples_note

FILES = ("comparison.json", "comparison.md")


@dataclass(frozen=True)
class Options:
    """How to compare.

    Args:
        test: "ar" or "bs", see `resampling.TESTS`.
        samples: resamples or trials; 0 for sacreBLEU's default.
        seed: seed of the test; sacreBLEU's default is 12345.
        thresholds: training sentences that make a language high- and mid-resource.
        baseline: the system whose gains are drawn; by default the one with fewest adapter parameters.
        metric: the metric of the figures, "bleu" or "chrf".
        logs: training log by system.
    """

    test: str = "ar"
    samples: int = 0
    seed: int = 12345
    thresholds: Tuple[int, int] = ML50_THRESHOLDS
    baseline: str = ""
    metric: str = "bleu"
    logs: Mapping[str, Path] = None


def run(folders: Sequence[str], out: Path, options: Options) -> Dict[str, Any]:
    """Compares evaluations and writes `comparison.json`, `comparison.md` and figures.

    Args:
        folders: folders that hold evaluations, see `evaluations.find`.
        out: folder to write to.
        options: how to compare.
    Returns:
        what comparison.json holds.
    Raises:
        UserError: if the evaluations cannot be compared.
    """
    kind_of_test = TESTS.get(options.test)
    test = kind_of_test(options.samples or kind_of_test.default_samples, options.seed)
    found = evaluations.find(folders)
    directions, notes = alignment.common_directions(found)
    systems = latest(found)
    check_options(systems, options)
    logs = options.logs or {}
    curves = {name: validation_losses(log) for name, log in logs.items()}
    speeds = {name: words_per_second(log) for name, log in logs.items()}
    alignment.check(found, directions)
    for name in FILES:
        check_output(Path(out) / name)
    notes += alignment.differences(list(systems.values()), directions)

    first = next(iter(systems.values()))
    english = first.record.get("english") or ""
    sizes = training_sizes(first.record["training_sentences"])
    entries = {direction: first.directions[direction] for direction in directions}
    groups = groups_of(entries, english, sizes, options.thresholds)
    others = sorted({code for d in directions for code in d.split("-")} - {english})
    notes.append(thresholds_note(sizes, others, options.thresholds))
    notes.append(samples_note(test, len(systems)))
    results = compare(systems, groups, test)

    comparison = {
        "systems": [
            {
                **record.system_record(name, evaluation, groups, results),
                "training_words_per_second": speeds.get(name),
            }
            for name, evaluation in systems.items()
        ],
        "english": english or None,
        "baseline": options.baseline or fewest_parameters(systems),
        "resource_thresholds": list(options.thresholds),
        "training_sentences": {code: sizes.get(code, 0) for code in others},
        "test": record.test_record(test),
        "groups": record.group_records(groups, list(systems), results),
        "directions": record.direction_records(first, results, english, sizes, options.thresholds),
        "convergence": record.convergence_records(found, directions),
        "validation_loss": curves,
        "notes": [note for note in notes if note],
    }
    figures = plots.draw_all(Path(out), comparison, options.metric)
    write_json(Path(out) / "comparison.json", comparison)
    write_text(Path(out) / "comparison.md", markdown(comparison, figures))
    return comparison


def latest(found: Sequence[Evaluation]) -> Dict[str, Evaluation]:
    """The evaluation of each system after most updates, in the order given."""
    systems: Dict[str, Evaluation] = {}
    for evaluation in found:
        known = systems.setdefault(evaluation.name, evaluation)
        if evaluation.updates > known.updates:
            systems[evaluation.name] = evaluation
    return systems


def check_options(systems: Mapping[str, Evaluation], options: Options) -> None:
    """Raises:
    UserError: if the baseline or a log names no system.
    """
    named: List[Tuple[str, str]] = [("--logs", name) for name in options.logs or {}]
    if options.baseline:
        named.append(("--baseline", options.baseline))
    for option, name in named:
        if name not in systems:
            raise UserError(f"{option} {name}: there is no such system: {nearest(name, systems)}")


def fewest_parameters(systems: Mapping[str, Evaluation]) -> str:
    """The system with the fewest adapter parameters, the first of several."""
    return min(systems, key=lambda name: systems[name].system["adapter_parameters"])
