"""Train tags in some languages and entities in others, and evaluate both in all of them.

On nine constructed languages, with a frozen masked language model as backbone: Hyper-X (one hypernetwork
for tasks and languages) against the same hypernetwork that is not told the language, against one adapter
set a task, and against language adapters with task adapters on top; and against a look-up, which has no
model: every word gets its most frequent label. About five minutes on two cores.
"""

from argparse import ArgumentParser, Namespace

from . import demo


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    demo.add_arguments(parser, "demo-tagging")


def run(args: Namespace) -> None:
    """Runs the demo."""
    from ..demos.tagging import TaggingDemo, TaggingPlan
    from .main import run_command

    TaggingDemo(args.out, TaggingPlan.make(args.quick, args.seed), run_command).run(args.json)
