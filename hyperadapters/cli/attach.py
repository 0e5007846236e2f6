"""Put exported adapters onto the backbone that they were trained on.

The backbone is a checkpoint of ours, whose own adapters are left out, or one of a stock Transformer
that adapters were added to with --init-from and --freeze-backbone. The result is a baked checkpoint.
"""

import json
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint with the backbone (.pt)")
    add(
        "--adapters",
        required=True,
        metavar="FILES",
        help="comma-separated list of files (.safetensors), each with its card beside it",
    )
    add("--out", required=True, metavar="FILE", help="checkpoint to write (.pt)")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Attaches and prints what the result weighs."""
    from ..shipping.attach import attach

    adapters = [path for path in args.adapters.split(",") if path]
    report = attach(args.checkpoint, adapters, args.out)
    print(json.dumps(report.as_dict(), indent=2) if args.json else report.table())
