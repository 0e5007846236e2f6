"""Predict and score cells (task, language) of a checkpoint of `--task hyperx`.

Every cell that has files and whose task and language the model knows is evaluated, trained or not:
tagging by accuracy or span F1, masked language modelling by accuracy and perplexity, translation by
BLEU and chrF. With --look-up in place of --checkpoint, the trivial baseline of tagging is evaluated: no
model, but every word's most frequent label in the training sentences of all trained cells of the task,
whatever their language; an unknown word gets the most frequent label of the task. Results:
evaluation.json (all figures), evaluation.md (matrix task x language, averages of trained and zero-shot
cells), scores.png and the folder predictions. Running the command again goes on where it was
interrupted, and adds cells without predicting anything twice.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--checkpoint", help="checkpoint of fairseq-train --task hyperx (.pt)")
    either.add_argument(
        "--look-up",
        metavar="CELLS",
        help="the trained cells of a look-up, as --task-languages of fairseq-train takes them "
        "(pos:en,ner:de:100); those of tasks that give words no labels are left out",
    )
    add("--data", required=True, metavar="FOLDER", help="folder of corpus.yaml")
    add("--out", required=True, type=Path, metavar="FOLDER", help="folder for the results")
    add(
        "--cells",
        default="all",
        help="all that have files and that the model knows (default), trained, zero-shot, or a "
        "comma-separated list (pos:en,ner:de)",
    )
    add("--subset", default="test", choices=("test", "valid"), help="(default: %(default)s)")
    add("--name", help="what to call the system (default: the checkpoint's folder, or look-up)")
    add(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="with --look-up: draws the sentences of cells with a number, as --seed of fairseq-train "
        "does (default: %(default)s)",
    )
    add(
        "--max-tokens",
        type=int,
        metavar="N",
        help="pieces a batch (default: 12000; 2000 where a CPU encodes)",
    )
    add("--beam", type=int, default=5, help="beam size of translation (default: %(default)s)")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")
    add("--json", action="store_true", help="print the figures as JSON instead of a table")


def run(args: Namespace) -> None:
    """Evaluates and prints the averages and the matrix."""
    from ..evaluation.cells.plan import Options
    from ..evaluation.cells.report import printed_text
    from ..evaluation.cells.run import evaluate

    choices = {name: getattr(args, name) for name in (
        "cells", "subset", "name", "max_tokens", "beam", "cpu", "look_up", "seed",
    )}  # fmt: skip
    result = evaluate(args.checkpoint, args.data, args.out, Options(**choices))
    print(json.dumps(result, indent=2, ensure_ascii=False) if args.json else printed_text(result))
    print(f"details: {args.out / 'evaluation.md'}", file=sys.stderr)
