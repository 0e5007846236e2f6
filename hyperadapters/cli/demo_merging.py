"""Merge adapters of tasks and languages that were trained apart, and compare with what rivals they have.

On nine constructed languages, with a frozen masked language model as backbone: tags and entities are
labelled in one language, of the others there is text alone. AdaMergeX for LoRA, (IA)3, prefixes and
bottlenecks, with its controls, against the source language's adapters, plain arithmetic, MAD-X, Hyper-X
that has seen the same, and adapters trained on the target. About ten minutes on two cores.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import replace

from . import demo


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    demo.add_arguments(parser, "demo-merging")
    parser.add_argument(
        "--reference",
        default="mlm",
        choices=("mlm", "pos"),
        help="the reference task: masked language modelling, or parts of speech (for entities alone) "
        "(default: %(default)s)",
    )


def run(args: Namespace) -> None:
    """Runs the demo."""
    from ..demos.merging import MergingDemo, MergingPlan
    from .main import run_command

    plan = replace(MergingPlan.make(args.quick, args.seed), reference=args.reference)
    MergingDemo(args.out, plan, run_command).run(args.json)
