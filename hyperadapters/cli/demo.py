"""Train and compare three systems on constructed languages: the whole way.

Generates a corpus of nine of them, runs `hyperadapters prepare`, trains a backbone alone, language
adapters and hyper-adapters for the same number of updates, translates all 72 directions (56 of them never
trained) with `evaluate`, runs `compare`, and writes a table, a picture and the commands.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser, out: str = "demo") -> None:
    """Adds the options of the command.

    Args:
        parser: its parser.
        out: the default folder.
    """
    add = parser.add_argument
    add(
        "--out",
        default=out,
        type=Path,
        metavar="DIR",
        help="where everything is written (default: %(default)s); running again goes on there",
    )
    add("--quick", action="store_true", help="smaller: one to two minutes")
    add("--seed", type=int, default=1, help="seed (default: %(default)s)")
    add("--json", action="store_true", help="print the table as JSON")


def run(args: Namespace) -> None:
    """Runs the demo."""
    from ..demos.translation import TranslationDemo, TranslationPlan
    from .main import run_command

    TranslationDemo(args.out, TranslationPlan.make(args.quick, args.seed), run_command).run(
        args.json
    )
