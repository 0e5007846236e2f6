"""Train tags in some languages and entities in others, and evaluate both in all of them.

On nine constructed languages, with a frozen translation encoder as backbone: Hyper-X (one hypernetwork
for tasks and languages) against one adapter set a task and against language adapters with task adapters
on top. About five minutes on two cores.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "--out",
        default="demo-tagging",
        type=Path,
        metavar="DIR",
        help="where everything is written (default: %(default)s); running again goes on there",
    )
    parser.add_argument("--quick", action="store_true", help="smaller: about a minute")
    parser.add_argument("--seed", type=int, default=1, help="seed (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def run(args: Namespace) -> None:
    """Runs the demo."""
    from ..tagging_demo.plan import plan_of
    from ..tagging_demo.run import run as run_demo

    run_demo(args.out, plan_of(args.quick, args.seed), args.json)
