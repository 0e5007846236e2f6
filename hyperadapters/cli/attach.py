"""Put exported adapters onto the backbone that they were trained on.

The backbone is a checkpoint of ours, whose own adapters are left out, or one of a stock Transformer
that adapters were added to with --init-from and --freeze-backbone. Adapters of cells need a checkpoint
of cells, whose heads stay. The result is a baked checkpoint; of a whole hypernetwork (`hyperadapters
export --whole`) one that serves all that it was trained for.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

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
    from ..checkpoints.export.whole_source import attach_whole, is_whole

    paths = paths_of(args.adapters)
    if len(paths) == 1 and Path(paths[0]).is_file() and is_whole(paths[0]):
        report = attach_whole(args.checkpoint, paths[0], args.out)
    else:
        report = attach(args.checkpoint, paths, args.out)
    print(json.dumps(report.as_dict(), indent=2) if args.json else report.table())
