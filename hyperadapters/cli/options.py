"""List the options that the task and the model add to fairseq-train.

fairseq's own --help ends before it knows the task and the model, so their options are listed here.
"""

from argparse import SUPPRESS, ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "--all", action="store_true", help="those of the stock task and Transformer as well"
    )


def run(args: Namespace) -> None:
    """Prints the options as a help text."""
    from ..configuration import ADAPTER_OPTIONS
    from ..models.adapter_transformer import AdapterTransformerModel
    from ..tasks.multilingual_adapter_translation import (
        OWN_OPTIONS,
        MultilingualAdapterTranslationTask,
    )

    listed = ArgumentParser(
        "fairseq-train DATA --user-dir hyperadapters", usage=SUPPRESS, add_help=False
    )
    task = listed.add_argument_group("--task multilingual_adapter_translation")
    model = listed.add_argument_group("--arch adapter_transformer, adapter_transformer_tiny, _big")
    MultilingualAdapterTranslationTask.add_args(task)
    AdapterTransformerModel.add_args(model)
    own = set(ADAPTER_OPTIONS) | {name for name, _, _ in OWN_OPTIONS}
    for group in (task, model):
        for action in group._group_actions:
            if not args.all and action.dest not in own:
                action.help = SUPPRESS
            elif action.help:
                action.help = action.help.replace("%", "%%")
    listed.print_help()
