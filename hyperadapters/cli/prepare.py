"""Make raw bitext of many languages ready for fairseq: filter, encode, binarise.

One YAML file names the corpora (pairs, or multi-parallel files; plain text or gzip) and the settings.
Training data are filtered by length, length ratio and script, de-duplicated, and cleared of every
sentence that occurs in a valid or test set of any language. Then sentencepiece is trained on a sample of
all languages, and everything is encoded and binarised. Running the command again does only what a
changed file or setting asks for. examples/translation/preparation.md explains the YAML file.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..support.errors import UserError


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument("config", type=Path, metavar="CONFIG.yaml", help="what to prepare")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where everything is written; --check needs none"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="only check the configuration and every file that it names, and list their lines",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes (default: one for each core)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: Namespace) -> None:
    """Prepares, or checks, and prints the report."""
    if args.workers is not None and args.workers < 1:
        raise UserError(f"--workers is {args.workers}: give 1 or more")
    if args.check:
        from ..preparation.validate import check, table

        rows, problems = check(args.config, args.out, args.workers)
        print(json.dumps(rows, indent=2, ensure_ascii=False) if args.json else table(rows))
        if problems:
            raise UserError("\nerror: ".join(problems))
        return
    if not args.out:
        raise UserError("name the folder to write to with --out, or only --check")
    from ..preparation.report import summary
    from ..preparation.run import next_commands, prepare

    figures = prepare(args.config, args.out, args.workers)
    if args.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        print(f"{summary(figures)}\nAll of it: {args.out / 'report.md'}. Next:\n")
        print(next_commands(args.out, figures))
