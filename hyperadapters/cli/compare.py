"""Compare evaluated systems: tables, significance tests and figures.

Reads folders that `hyperadapters evaluate` wrote, or such of `hyperadapters evaluate-tagging`, of the
same test sets. Evaluations of one name whose models were trained with different seeds are runs of one
system: tables show their mean and standard deviation. Several evaluations of one model after different
numbers of updates make its convergence curve; the tables show the last. Writes comparison.md,
comparison.json and figures.
"""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from ..support.errors import UserError, format_list
from ..support.named_paths import split_name


def named_file(text: str) -> tuple[str, Path]:
    """Reads NAME=FILE.

    Raises:
        ArgumentTypeError: if there is no name or no such file.
    """
    try:
        name, path = split_name(text)
    except UserError as error:
        raise ArgumentTypeError(str(error)) from error
    if not name:
        raise ArgumentTypeError(f"'{text}': write NAME=FILE, with the name of a system")
    return name, Path(path)


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add(
        "evaluations",
        nargs="+",
        metavar="FOLDER",
        help="folder with evaluations, at any depth; NAME=FOLDER renames the system",
    )
    add("--out", required=True, type=Path, metavar="DIR", help="folder to write to")
    add(
        "--test",
        choices=("ar", "bs"),
        default="ar",
        help="approximate randomisation or paired bootstrap (default: %(default)s; the p-values of "
        "sacreBLEU's bootstrap are too small where systems hardly differ)",
    )
    add(
        "--samples",
        type=int,
        default=0,
        metavar="N",
        help="resamples (default: sacreBLEU's, 10000 for ar and 1000 for bs)",
    )
    add("--seed", type=int, default=12345, help="seed of the test (default: %(default)s)")
    add(
        "--resource-thresholds",
        default="1000000,100000",
        metavar="N,N",
        help="least training sentences of a high- and of a mid-resource language "
        "(default: %(default)s, those of ML50)",
    )
    add("--baseline", default="", metavar="NAME", help="system that gains are drawn against "
        "(default: the one with fewest adapter parameters)")  # fmt: skip
    add(
        "--metric",
        choices=("bleu", "chrf"),
        default="",
        help="metric of the figures of translation (default: bleu); tables show both",
    )
    add(
        "--logs",
        type=named_file,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="training log of a system (fairseq-train --log-format json), for training words per "
        "second and validation losses; may be repeated for other systems",
    )
    add("--json", action="store_true", help="print comparison.json instead of the page")


def run(args: Namespace) -> None:
    """Compares and prints."""
    from ..comparison.options import Options
    from ..comparison.resources import parse_thresholds
    from ..comparison.run import run as compare

    names = [name for name, _ in args.logs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"--logs: {format_list(twice)} is named twice: give one log of each system")
    options = Options(
        test=args.test,
        samples=args.samples,
        seed=args.seed,
        thresholds=parse_thresholds(args.resource_thresholds),
        baseline=args.baseline,
        metric=args.metric,
        logs=dict(args.logs),
    )
    comparison = compare(args.evaluations, args.out, options)
    if args.json:
        print(json.dumps(comparison, indent=2))
    else:
        page = args.out / "comparison.md"
        print(f"{page.read_text(encoding='utf-8')}\ndetails and figures: {args.out}")
