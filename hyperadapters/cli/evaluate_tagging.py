"""Predict and score cells (task, language) of a checkpoint of `--task hyperx`.

Every cell that has files and whose task and language the model knows is evaluated, trained or not:
tagging by accuracy or span F1, masked language modelling by accuracy and perplexity, translation by
BLEU and chrF. Results: evaluation.json (all figures), evaluation.md (matrix task x language, averages
of trained and zero-shot cells), scores.png and the folder predictions. Running the command again goes
on where it was interrupted, and adds cells without predicting anything twice.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint of fairseq-train --task hyperx (.pt)")
    add("--data", required=True, metavar="FOLDER", help="folder of corpus.yaml")
    add("--out", required=True, type=Path, metavar="FOLDER", help="folder for the results")
    add(
        "--cells",
        default="all",
        help="all that have files and that the model knows (default), trained, zero-shot, or a "
        "comma-separated list (pos:en,ner:de)",
    )
    add("--subset", default="test", choices=("test", "valid"), help="(default: %(default)s)")
    add("--name", help="what to call the system (default: the checkpoint's folder)")
    add(
        "--max-tokens",
        type=int,
        metavar="N",
        default=12000,
        help="pieces a batch (default: %(default)s)",
    )
    add("--beam", type=int, default=5, help="beam size of translation (default: %(default)s)")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")
    add("--json", action="store_true", help="print the figures as JSON instead of a table")


def run(args: Namespace) -> None:
    """Evaluates and prints the averages and the matrix."""
    from ..tagging_evaluation.plan import Options
    from ..tagging_evaluation.report import printed
    from ..tagging_evaluation.run import evaluate

    given = {name: getattr(args, name) for name in (
        "cells", "subset", "name", "max_tokens", "beam", "cpu",
    )}  # fmt: skip
    result = evaluate(args.checkpoint, args.data, args.out, Options(**given))
    print(json.dumps(result, indent=2, ensure_ascii=False) if args.json else printed(result))
    print(f"details: {args.out / 'evaluation.md'}", file=sys.stderr)
