"""Merge adapters: move those of a task by the gap between two languages, or sum several.

AdaMergeX: adapters of a task in a source language become those of a target language by the gap between
the adapters of a reference task (such as masked language modelling) in both languages. Adapters are named
as files (.safetensors) or as CHECKPOINT@CELL or CHECKPOINT@DIRECTION, all of one frozen backbone. The
result is a file of adapters, which `hyperadapters attach` puts onto a checkpoint with the task's head;
for several target languages a folder of files.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from ..support.errors import UserError


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    from ..merging import CONTROLS, RULES

    add = parser.add_argument
    add("--task-source", metavar="A", help="adapters of the task in the source language")
    add(
        "--reference-target", nargs="+", metavar="A",
        help="those of the reference task in the target language, or in each of several",
    )  # fmt: skip
    add(
        "--reference-source", metavar="A", help="those of the reference task in the source language"
    )
    add("--t", type=float, default=1.0, help="how far to move (default: %(default)s)")
    add("--sum", nargs="+", metavar="A=WEIGHT", help="instead: sum adapters with these weights")
    add(
        "--average", nargs="+", metavar="A",
        help="instead: average adapters of a task in several languages, weighted by similarity, for the "
        "language of --language",
    )  # fmt: skip
    add("--language", metavar="LANG", help="average: the language, which none was trained on")
    add(
        "--distances", default="genealogy", metavar="FILE",
        help="average: a table of distances between languages, genealogy (default) or glottolog",
    )  # fmt: skip
    add(
        "--rule",
        choices=RULES.names(),
        help="how gaps are added and subtracted; by default what suits the kind: multiply for ia3, "
        "transfer for prefix, add for all others and for sums (product: for lora, on the product BA)",
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
        "--tune", nargs="+", metavar="A",
        help="choose --t on validation data of other languages: the reference task's adapters in these "
        "(with --checkpoint, --data)",
    )  # fmt: skip
    add("--checkpoint", help="tuning: checkpoint with the backbone and the task's head (.pt)")
    add("--data", metavar="FOLDER", help="tuning: folder of corpus.yaml")
    add(
        "--values", default="0,0.25,0.5,0.75,1,1.25", metavar="T,T",
        help="tuning: what --t is chosen from (default: %(default)s)",
    )  # fmt: skip
    add("--cpu", action="store_true", help="tuning: use the CPU even if a GPU is there")
    add(
        "--name",
        help="cell or direction that the result is for (default: what the gap makes of the first)",
    )
    add(
        "--out", required=True, metavar="FILE",
        help="file to write (.safetensors); with several target languages a folder for files as "
        "ner.de.safetensors",
    )  # fmt: skip
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Merges and shows how much changed in every layer."""
    targets = args.reference_target or [None]
    several = len(targets) > 1
    if several and (args.name or args.trained_target):
        raise UserError("--name and --trained-target go with one --reference-target")
    records = []
    for target in targets:
        record, text = merge_one(args, target, several)
        records.append(record)
        if not args.json:
            print(text)
    if args.json:
        print(json.dumps(records if several else records[0], indent=2))


def merge_one(args: Namespace, target: str | None, several: bool) -> tuple[dict[str, Any], str]:
    """Merges for one target language, or sums, and writes the file.

    Returns:
        the figures, and what to print of them.
    """
    from ..checkpoints.export.merging import check_merge_output, write_merged

    names = [args.task_source, target, args.reference_source]
    inputs = [
        *filter(None, [*names, args.trained_target]),
        *weights_of(args.sum or []),
        *(args.average or ()),
    ]
    if not several:
        check_merge_output(args.out, inputs)
    trials = tune(args, names) if args.tune else []
    if trials:
        from ..evaluation.merge_tuning import best_distance

        args.t = best_distance(trials)
    result = compute(args, names)
    name, card = result.adapters.name, result.adapters.provenance["merged"]
    out = f"{args.out}/{name.replace(':', '.')}.safetensors" if several else args.out
    write_merged(result, out, inputs)
    figures = {key: [vars(f) for f in getattr(result, key)] for key in ("changes", "cosines")}
    if trials:
        figures["tuning"] = [{**vars(trial), "mean": trial.mean} for trial in trials]
    distance = f", t = {args.t:g}" if "t" in card else ""
    tables = [tuning_table(trials), table(result), f"{name}{distance}: {out}"]
    return {"name": name, "out": out, **card, **figures}, "\n\n".join(filter(None, tables))


def tune(args: Namespace, names: list[str | None]) -> list[Any]:
    """Tries distances on other languages than the target.

    Raises:
        UserError: if the options do not go together.
    """
    from ..evaluation.merge_tuning import Tuning, try_distances
    from ..merging.merge import Choices

    if not args.checkpoint or not args.data or not all(names):
        raise UserError(
            "--tune needs --checkpoint, --data and the adapters of the task and the reference task"
        )
    if args.space != "weights" or args.control or args.sum:
        raise UserError("--tune goes without --sum, --space conditions and --control")
    try:
        values = [float(value) for value in args.values.split(",")]
    except ValueError:
        raise UserError(f"--values {args.values}: give numbers, as 0,0.5,1") from None
    tuning = Tuning(args.tune, args.checkpoint, args.data, values, args.cpu)
    choices = Choices(args.rule, args.floor)
    return try_distances(names[0], names[2], names[1], tuning, choices, args.any_start)


def tuning_table(trials: list[Any]) -> str:
    """The validation scores of every distance; empty without any."""
    from ..reports.tables import PLAIN, format_table

    if not trials:
        return ""
    cells = list(trials[0].scores)
    rows = [
        [f"{trial.t:g}", *(f"{trial.scores[cell]:.1f}" for cell in cells), f"{trial.mean:.1f}"]
        for trial in trials
    ]
    return format_table(rows, ["t", *cells, "mean"], form=PLAIN)


def compute(args: Namespace, names: list[str | None]) -> Any:
    """The merged adapters that a command line asks for.

    Args:
        args: the command line.
        names: the three adapters of AdaMergeX, if they are given.
    Raises:
        UserError: if its options do not go together.
    """
    from ..checkpoints.export import merging
    from ..merging.merge import Choices

    choices = Choices(args.rule, args.floor, args.control, args.control_seed)
    if args.average:
        if any(names) or args.sum or args.control or args.trained_target or not args.language:
            raise UserError("--average goes with --language, --distances, --rule and --any-start")
        result, weights = merging.average_adapters(
            args.average, args.language, args.distances, choices, args.any_start
        )
        for code, weight in weights.items():
            print(f"{code}: weight {weight:.3f}", file=sys.stderr)
        return result
    if args.sum:
        if any(names) or args.control or args.trained_target or args.space != "weights":
            raise UserError("--sum goes with --rule, --any-start and --name only")
        return merging.combine_adapters(weights_of(args.sum), choices, args.name, args.any_start)
    if not all(names):
        raise UserError(
            "give --task-source, --reference-target and --reference-source, or --sum or --average"
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
