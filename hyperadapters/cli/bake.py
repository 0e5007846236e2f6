"""Turn a checkpoint's adapters into plain stored weights for some directions.

The result needs no hypernetwork and loads with the same commands as the checkpoint; it translates the
baked directions exactly as the checkpoint does, and no other direction.
"""

import json
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="trained checkpoint (.pt)")
    add(
        "--directions",
        required=True,
        help="comma-separated list of directions (de-fr,fr-de), `trained`, or `all`",
    )
    add("--out", required=True, metavar="FILE", help="baked checkpoint to write (.pt)")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Bakes and prints what it costs."""
    from ..checkpoints.export.bake import bake_checkpoint

    report = bake_checkpoint(args.checkpoint, args.directions, args.out)
    print(json.dumps(report.as_dict(), indent=2) if args.json else report.table())
