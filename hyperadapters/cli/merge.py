"""Merge adapters: move those of a task by the gap between two languages, or sum several.

AdaMergeX: adapters of a task in a source language become those of a target language by the gap between
the adapters of a reference task (such as masked language modelling) in both languages. Adapters are named
as files (.safetensors) or as CHECKPOINT@CELL or CHECKPOINT@DIRECTION, all of one frozen backbone. The
result is a file of adapters, which `hyperadapters attach` puts onto a checkpoint with the task's head.
"""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from ..support.errors import UserError

ROLES = ("task_source", "reference_target", "reference_source")


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    from ..merging import CONTROLS, RULES

    add = parser.add_argument
    add("--task-source", metavar="A", help="adapters of the task in the source language")
    add(
        "--reference-target", metavar="A", help="those of the reference task in the target language"
    )
    add(
        "--reference-source", metavar="A", help="those of the reference task in the source language"
    )
    add("--t", type=float, default=1.0, help="how far to move (default: %(default)s)")
    add("--sum", nargs="+", metavar="A=WEIGHT", help="instead: sum adapters with these weights")
    add(
        "--rule",
        choices=RULES.names(),
        help="how gaps are added and subtracted; by default what suits the kind: multiply for ia3, "
        "transfer for prefix, add for all others (product: for lora, on the product BA)",
    )
    add(
        "--space", default="weights", choices=("weights", "conditions"),
        help="conditions: move the embeddings that a hypernetwork generates the adapters from",
    )  # fmt: skip
    add(
        "--floor", type=float, default=0.0,
        help="multiply: the smallest divisor; transfer: the part of the largest singular value below "
        "which others count as 0 (default: refuse what needs it)",
    )  # fmt: skip
    add(
        "--control",
        choices=list(CONTROLS),
        help="move by another gap, to see what the gap is good for",
    )
    add("--control-seed", type=int, default=1, help="seed of the control (default: %(default)s)")
    add("--any-start", action="store_true", help="also merge adapters with different start values")
    add("--trained-target", metavar="A", help="adapters of the task trained on the target language: shows "
        "the cosine between its gap and that of the references")  # fmt: skip
    add(
        "--name",
        help="cell or direction that the result is for (default: what the gap makes of the first)",
    )
    add("--out", required=True, metavar="FILE", help="file to write (.safetensors)")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Merges and shows how much changed in every layer."""
    from ..checkpoints.export.merging import write_merged

    names = [getattr(args, role) for role in ROLES]
    result = merged(args, names)
    inputs = [*filter(None, [*names, args.trained_target]), *(args.sum or ())]
    write_merged(result, args.out, inputs)
    if args.json:
        figures = {key: [vars(f) for f in getattr(result, key)] for key in ("changes", "cosines")}
        card = {"name": result.adapters.name, **result.adapters.provenance["merged"]}
        print(json.dumps({"out": args.out, **card, **figures}, indent=2))
    else:
        print(table(result))
        print(f"{result.adapters.name}: {args.out}")


def merged(args: Namespace, names: list[str | None]) -> Any:
    """The merged adapters that a command line asks for.

    Raises:
        UserError: if its options do not go together.
    """
    from ..checkpoints.export import merging
    from ..merging.merge import Choices

    choices = Choices(args.rule, args.floor, args.control, args.control_seed)
    if args.sum:
        if any(names) or args.control or args.trained_target or args.space != "weights":
            raise UserError("--sum goes with --rule, --any-start and --name only")
        return merging.combine_adapters(weights_of(args.sum), choices, args.name, args.any_start)
    if not all(names):
        raise UserError(
            "give --task-source, --reference-target and --reference-source, or --sum A=WEIGHT ..."
        )
    if args.space == "conditions":
        if args.rule or args.control or args.trained_target or args.floor:
            raise UserError("--space conditions goes with --t and --name only")
        return merging.merge_conditions(names, args.t, args.name)
    return merging.merge_adapters(
        names, args.t, choices, args.name, args.trained_target, args.any_start
    )


def weights_of(words: list[str]) -> dict[str, float]:
    """The weight of each of the adapters, by what names them.

    Raises:
        UserError: for a word without a weight.
    """
    weights = {}
    for word in words:
        name, _, weight = word.rpartition("=")
        try:
            weights[name] = float(weight)
        except ValueError:
            raise UserError(f"--sum {word}: write it as FILE=0.5 or CHECKPOINT@CELL=0.5") from None
    return weights


def table(result: Any) -> str:
    """The figures of every layer and point."""
    from ..reports.tables import PLAIN, format_table

    headers = ["where", "layer", "change / weights"]
    rows = []
    cosines = result.cosines or [None] * len(result.changes)
    for change, cosine in zip(result.changes, cosines):
        where = " ".join(filter(None, [change.part, change.side, change.point]))
        row = [where, str(change.layer), f"{change.value:.4f}"]
        rows.append(row + ([f"{cosine.value:.3f}"] if cosine else []))
    if result.cosines:
        headers.append("cosine of the gaps")
    return format_table(rows, headers, form=PLAIN)
