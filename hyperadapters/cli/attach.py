"""Put exported adapters onto the backbone that they were trained on.

The backbone is a checkpoint of ours, whose own adapters are left out, or one of a stock Transformer
that adapters were added to with --init-from and --freeze-backbone. Adapters of cells need a checkpoint
of cells, whose heads stay. The result is a baked checkpoint.
"""

import json
from argparse import ArgumentParser, Namespace

from ..support.named_paths import paths_of


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint with the backbone (.pt)")
    add(
        "--adapters",
        required=True,
        nargs="+",
        metavar="FILE",
        help="files (.safetensors), each with its card beside it; or a comma-separated list",
    )
    add("--out", required=True, metavar="FILE", help="checkpoint to write (.pt)")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Attaches and prints what the result weighs."""
    from ..checkpoints.export.attach import attach

    report = attach(args.checkpoint, paths_of(args.adapters), args.out)
    print(json.dumps(report.as_dict(), indent=2) if args.json else report.table())
