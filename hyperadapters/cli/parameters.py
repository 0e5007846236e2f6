"""Print the adapter parameters of a configuration, for every adapter source.

With --tasks, those of an encoder with tasks (--arch hyperx_encoder).
"""

import dataclasses
import json
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options that decide the size of a configuration."""
    from ..options import kind_options
    from ..sources import HyperOptions

    add = parser.add_argument
    add(
        "--arch",
        help="named architecture (default: adapter_transformer; hyperx_encoder with --tasks)",
    )
    add("--languages", type=int, default=50, metavar="N", help="languages (default: %(default)s)")
    add(
        "--directions",
        type=int,
        metavar="N",
        help="directions, for pair adapters (default: English-centric, twice the languages less 2)",
    )
    add("--tasks", type=int, metavar="N", help="tasks of an encoder with tasks")
    add(
        "--plot", type=Path, metavar="FILE",
        help="with --tasks: draw the growth up to so many languages and tasks (PNG)",
    )  # fmt: skip
    add("--adapter-kind", default="bottleneck", help="adapter kind (default: %(default)s)")
    add(
        "--adapter-language-ranks", metavar="N=RANK,..",
        help="smaller ranks of some languages, which are numbers from 0 here, where adapters are stored by "
        "language: 0=2,1@ffn.hidden=4",
    )  # fmt: skip
    for name, (kind, field) in kind_options().items():
        words, text = "--" + name.replace("_", "-"), field.metadata["help"].replace("%", "%%")
        if kind is bool:
            add(words, action="store_true", help=text)
            continue
        add(
            words,
            type=getattr(kind, "__args__", [kind])[0],
            default=field.default,
            metavar=name.rpartition("_")[2].upper(),
            help=text + ("" if "default" in text else " (default: %(default)s)"),
        )
    for field in dataclasses.fields(HyperOptions):
        if field.type is int:
            words = f"--hyper-{field.name.replace('_', '-')}"
            add(words, type=int, default=field.default, metavar="N", help="(default: %(default)s)")
    add("--hyper-untied", action="store_true", help="separate source and target embeddings")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Counts and prints."""
    from ..parameter_counts import count, count_with_tasks, draw_growth, table
    from ..support.errors import UserError

    settings = {
        key: value
        for key, value in vars(args).items()
        if key not in ("run", "command", "json", "plot", "tasks", "directions")
    }
    if args.tasks is None:
        if args.plot:
            raise UserError("--plot draws an encoder with tasks: give --tasks too")
        settings["arch"] = args.arch or "adapter_transformer"
        settings["directions"] = args.directions
        counts = count(**settings)
        printed = table(counts, "source", "language")
    else:
        settings["arch"] = args.arch or "hyperx_encoder"
        settings["tasks"] = args.tasks
        counts = count_with_tasks(**settings)
        printed = table(counts, "system", "task x language adapters")
        if args.plot:
            draw_growth(args.plot, settings)
    if args.json:
        print(json.dumps({"configuration": settings, "parameters": counts}, indent=2))
    else:
        print(printed)
