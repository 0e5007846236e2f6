"""Adapt a model to a few labelled sentences of a cell, and see what it scores then.

Draws support sets, takes some steps of gradient descent on each, evaluates, and reports the mean over draws
with its confidence interval beside the score of the model as it is. Writes few_shot.json and few_shot.md.
Running the command again goes on where it was interrupted.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint of fairseq-train --task hyperx (.pt)")
    add("--data", required=True, metavar="FOLDER", help="folder of corpus.yaml")
    add("--out", required=True, type=Path, metavar="FOLDER", help="folder for the results")
    add(
        "--cells", required=True,
        help="a comma-separated list (parse:qbb,pos:qac), zero-shot, trained or all",
    )  # fmt: skip
    add(
        "--support", type=int, default=20, metavar="N",
        help="sentences of a support set, drawn from a cell's training sentences or, where it has none, "
        "from its test sentences, the rest of which is tested (default: %(default)s)",
    )  # fmt: skip
    add("--draws", type=int, default=20, metavar="N", help="support sets (default: %(default)s)")
    add("--updates", type=int, default=20, metavar="N", help="steps on each (default: %(default)s)")
    add(
        "--lr", type=float, default=1e-3,
        help="learning rate of what was trained of backbone and adapters (default: %(default)s)",
    )  # fmt: skip
    add("--head-lr", type=float, default=1e-2, help="that of the head (default: %(default)s)")
    add("--seed", type=int, default=1, help="seed of the draws (default: %(default)s)")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Adapts, evaluates and prints the scores."""
    from ..evaluation.few_shot import FewShot, table, try_few_shots
    from ..training.meta_learning import InnerLoop

    choices = FewShot(
        args.data, args.cells, args.support, args.draws,
        InnerLoop(args.updates, args.lr, args.head_lr), args.seed, args.cpu,
    )  # fmt: skip
    rows = try_few_shots(args.checkpoint, args.out, choices)
    print(json.dumps(rows, indent=2) if args.json else table(rows, choices))
