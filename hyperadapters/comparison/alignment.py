"""Whether evaluations can be compared, and on which directions."""

from typing import Dict, List, Sequence, Tuple

from ..errors import Problems, UserError, listed
from .evaluations import METRICS, Evaluation


def common_directions(evaluations: Sequence[Evaluation]) -> Tuple[List[str], List[str]]:
    """The directions that all evaluations have, and notes on those that some lack.

    Raises:
        UserError: if there is none.
    """
    common = [
        direction
        for direction in evaluations[0].directions
        if all(direction in other.directions for other in evaluations)
    ]
    if not common:
        each = "; ".join(f"{e.folder}: {listed(e.directions)}" for e in evaluations)
        raise UserError(f"the evaluations have no direction in common ({each})")
    notes = []
    for evaluation in evaluations:
        left = [direction for direction in evaluation.directions if direction not in common]
        if left:
            notes.append(
                f"{evaluation.folder}: {len(left)} directions that not all evaluations have are "
                f"left out ({listed(left)})."
            )
    return common, notes


def check(evaluations: Sequence[Evaluation], directions: Sequence[str]) -> None:
    """Makes sure that scores are comparable.

    Args:
        evaluations: the evaluations.
        directions: the directions that all have.
    Raises:
        UserError: naming every evaluation and direction whose references or signatures are not
            those of the first evaluation, or whose files are missing.
    """
    problems, first = Problems(), evaluations[0]
    for direction in directions:
        expected = first.lines("references", direction)
        for other in evaluations:
            try:
                if other.lines("references", direction) != expected:
                    problems.add(
                        f"the references of {direction} in {other.folder} are not those in "
                        f"{first.folder}"
                    )
                other.lines("hypotheses", direction)
            except UserError as error:
                problems.add(str(error))
            for metric in METRICS:
                ours, theirs = (
                    e.directions[direction]["signature"][metric] for e in (first, other)
                )
                if ours != theirs:
                    problems.add(
                        f"{METRICS[metric]} of {direction} is {theirs} in {other.folder} but {ours} "
                        f"in {first.folder}: evaluate again with the same settings"
                    )
    if len(problems.found) > 5:
        problems.found[5:] = [f"and {len(problems.found) - 5} more"]
    problems.raise_if_any()


def differences(evaluations: Sequence[Evaluation], directions: Sequence[str]) -> List[str]:
    """Notes on settings that differ but leave the scores comparable."""
    notes, first = [], evaluations[0]
    for other in evaluations[1:]:
        if other.record.get("beam") != first.record.get("beam"):
            notes.append(
                f"{other.folder} was decoded with beam {other.record.get('beam')}, {first.folder} "
                f"with beam {first.record.get('beam')}."
            )
        if other.record["training_sentences"] != first.record["training_sentences"]:
            notes.append(
                f"{other.folder} and {first.folder} were trained on different numbers of sentences; "
                f"groups are by those of {first.folder}."
            )
        kinds: Dict[Tuple[str, str], List[str]] = {}
        for direction in directions:
            pair = (first.directions[direction]["group"], other.directions[direction]["group"])
            if pair[0] != pair[1]:
                kinds.setdefault(pair, []).append(direction)
        for (ours, theirs), found in kinds.items():
            notes.append(
                f"{listed(found)}: {ours} in {first.folder}, {theirs} in {other.folder}; counted as "
                f"{ours}."
            )
    return notes
