"""Turn a checkpoint's adapters into plain stored weights for some directions or cells.

The result needs no hypernetwork and loads with the same commands as the checkpoint; it translates the
baked directions (or predicts the baked cells) exactly as the checkpoint does, and no other.
"""

import json
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="trained checkpoint (.pt)")
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument(
        "--directions", help="comma-separated list of directions (de-fr,fr-de), `trained`, or `all`"
    )
    either.add_argument(
        "--cells",
        help="of a checkpoint of --task hyperx: comma-separated list of cells (ner:de,pos:fr), or "
        "`trained`",
    )
    add("--out", required=True, metavar="FILE", help="baked checkpoint to write (.pt)")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Bakes and prints what it costs."""
    from ..checkpoints.export.bake import bake_cells, bake_directions

    if args.cells is not None:
        report = bake_cells(args.checkpoint, args.cells, args.out)
    else:
        report = bake_directions(args.checkpoint, args.directions, args.out)
    print(json.dumps(report.as_dict(), indent=2) if args.json else report.table())
