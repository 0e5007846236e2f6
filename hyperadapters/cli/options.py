"""List the options that the task and the model add to fairseq-train.

fairseq's own --help ends before it knows the task and the model, so their options are listed here.
"""

from argparse import SUPPRESS, Action, ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument(
        "--all", action="store_true", help="those of the stock task and Transformer as well"
    )


def run(args: Namespace) -> None:
    """Prints the options as help texts."""
    from fairseq.dataclass.utils import gen_parser_from_dataclass

    from ..criterions.multitask_cross_entropy import NAME, MultitaskCrossEntropyConfig
    from ..models.adapter_transformer import AdapterTransformerModel
    from ..models.hyperx_encoder import HyperXEncoderModel
    from ..multitask.configuration import OWN_OPTIONS as OF_TASKS
    from ..options import ADAPTER_OPTIONS
    from ..tasks.hyperx import HyperXTaskConfig
    from ..tasks.multilingual_adapter_translation import (
        OWN_OPTIONS,
        MultilingualAdapterTranslationTask,
    )

    def of_cells(group) -> None:
        gen_parser_from_dataclass(group, HyperXTaskConfig())
        gen_parser_from_dataclass(group, MultitaskCrossEntropyConfig())

    translation = {name for name, _, _ in OWN_OPTIONS}
    # by title what adds the options, and those that are listed without --all
    groups = {
        "--task multilingual_adapter_translation": (
            MultilingualAdapterTranslationTask.add_args, translation,
        ),
        "--arch adapter_transformer, adapter_transformer_tiny, _big": (
            AdapterTransformerModel.add_args, ADAPTER_OPTIONS,
        ),
        f"--task hyperx --criterion {NAME}": (of_cells, None),
        "--arch hyperx_encoder, hyperx_encoder_tiny (besides those of adapter_transformer)": (
            HyperXEncoderModel.add_args, OF_TASKS,
        ),
    }  # fmt: skip
    for title, (add, own) in groups.items():
        listed = ArgumentParser(usage=SUPPRESS, add_help=False, prog="fairseq-train")
        group = listed.add_argument_group(title)
        add(group)
        for action in group._group_actions:
            if not args.all and own is not None and action.dest not in own:
                action.help = SUPPRESS
            elif action.help:
                action.help = (action.help + default_of(action)).replace("%", "%%")
        listed.print_help()
        print()


def default_of(action: Action) -> str:
    """The default of an option, unless its help names it or it has none."""
    from omegaconf import MISSING

    from ..options import ADAPTER_OPTIONS

    # fairseq's parser has no defaults of options that architectures preset
    option = ADAPTER_OPTIONS.get(action.dest)
    default = option[1].default if option else action.default
    unknown = default is None or default is False or str(default) in ("", SUPPRESS, MISSING)
    unknown = unknown or "${" in str(default)  # the value of another option
    return "" if unknown or "default" in action.help else f" (default: {default})"
