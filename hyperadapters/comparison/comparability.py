"""Whether evaluations can be compared, and on which directions or cells."""

from collections.abc import Sequence

from ..support.errors import Problems, UserError, format_list
from .evaluations import Evaluation, Systems


def common_units(evaluations: Sequence[Evaluation]) -> tuple[list[str], list[str]]:
    """The directions or cells that all evaluations have, and notes on those that some lack.

    Raises:
        UserError: if there is none.
    """
    word = evaluations[0].type.unit
    common = [
        unit for unit in evaluations[0].units if all(unit in other.units for other in evaluations)
    ]
    if not common:
        each = "; ".join(f"{e.folder}: {format_list(e.units)}" for e in evaluations)
        raise UserError(f"the evaluations have no {word} in common ({each})")
    notes = []
    for evaluation in evaluations:
        others = [unit for unit in evaluation.units if unit not in common]
        if others:
            notes.append(
                f"{evaluation.folder}: {len(others)} {word}s that not all evaluations have are "
                f"left out ({format_list(others)})."
            )
    return common, notes


def check_comparability(evaluations: Sequence[Evaluation], units: Sequence[str]) -> None:
    """Makes sure that scores are comparable.

    Args:
        evaluations: the evaluations.
        units: the directions or cells that all have.
    Raises:
        UserError: naming every evaluation and direction or cell whose references or signatures are
            not those of the first evaluation, or whose files are missing.
    """
    problems, first = Problems(), evaluations[0]
    for unit in units:
        expected = first.lines("references", unit)
        for other in evaluations:
            try:
                if other.lines("references", unit) != expected:
                    problems.add(
                        f"the references of {unit} in {other.folder} are not those in {first.folder}"
                    )
                other.lines("hypotheses", unit)
            except UserError as error:
                problems.add(str(error))
            for metric, title in first.type.metrics.items():
                ours, theirs = (e.signature(unit, metric) for e in (first, other))
                if ours != theirs:
                    problems.add(
                        f"{title} of {unit} is {theirs} in {other.folder} but {ours} "
                        f"in {first.folder}: evaluate again with the same settings"
                    )
    if len(problems.messages) > 5:
        problems.messages[5:] = [f"and {len(problems.messages) - 5} more"]
    problems.raise_if_any()


def runs_note(systems: Systems) -> str:
    """How runs of unequal number are tested, and runs of unequal length; empty if there are none."""
    notes = []
    for name, runs in systems.items():
        updates = [run.updates for run in runs]
        if len(set(updates)) > 1:
            each = ", ".join(f"{number:,}" for number in updates)
            notes.append(
                f"The runs of {name} had {each} updates: the means are over unequal trainings."
            )
    numbers = {name: len(runs) for name, runs in systems.items() if not runs[0].untrained}
    if len(set(numbers.values())) < 2:
        return " ".join(notes)
    counts = ", ".join(f"{name} {number}" for name, number in numbers.items())
    notes.append(
        f"The systems have different numbers of runs ({counts}): a pair is tested on as many runs of "
        "both as the one with fewer has, in the order of their seeds."
    )
    return " ".join(notes)
