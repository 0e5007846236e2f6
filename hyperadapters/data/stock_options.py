"""The options of fairseq's `translation_multi_simple_epoch`, mirrored as dataclass fields."""

import argparse
import ast
import dataclasses
import os
from functools import cache
from typing import Any, Optional

from fairseq.tasks.translation_multi_simple_epoch import TranslationMultiSimpleEpochTask
from omegaconf import II, DictConfig, ListConfig, OmegaConf

from ..support.errors import UserError, did_you_mean
from .lengths import LengthOptions
from .resume_options import ResumeOptions
from .start_sample import StartOptions

# Options of other sections of the configuration that the stock task reads.
BORROWED = {
    "seed": "common.seed",
    "train_subset": "dataset.train_subset",
    "dataset_impl": "dataset.dataset_impl",
    "path": "common_eval.path",
    "tpu": "common.tpu",
}

# an option of a model that has it; fairseq's own have none
OF_MODEL = "${{hyperadapters.optional:model.{}}}"

# Options whose text the stock task evaluates as Python; also a checkpoint's, so never an expression.
LITERALS = (
    "extra_data", "extra_lang_pairs", "langtoks", "left_pad_source", "left_pad_target",
    "sampling_weights",
)  # fmt: skip


def optional(key: str, _root_: Any) -> Any:
    """What a configuration has at a key, or None: an OmegaConf resolver."""
    return OmegaConf.select(_root_, key)


OmegaConf.register_new_resolver("hyperadapters.optional", optional, replace=True)


@cache
def stock_actions() -> tuple[argparse.Action, ...]:
    """The stock task's argparse actions, without help."""
    parser = argparse.ArgumentParser(add_help=False)
    TranslationMultiSimpleEpochTask.add_args(parser)
    return tuple(parser._actions)


def _field(action: argparse.Action) -> tuple[str, Any, Any]:
    plain = {int: Optional[int], float: Optional[float]}
    metadata = {"help": action.help or action.dest}
    for option in action.option_strings:
        if not option.startswith("--"):
            metadata["argparse_alias"] = option
    if isinstance(action.const, bool):
        return action.dest, bool, dataclasses.field(default=False, metadata=metadata)
    default = action.default if isinstance(action.default, (int, float, str)) else None
    return (
        action.dest,
        plain.get(action.type, Any),
        dataclasses.field(default=default, metadata=metadata),
    )


def stock_dataclass(name: str, options: list[tuple[str, Any, Any]]) -> type:
    """A configuration class with every stock option, those borrowed from other sections, and ours.

    Args:
        name: name of the class.
        options: further fields as (name, type, dataclasses.field).
    """
    borrowed = [(key, Any, dataclasses.field(default=II(of))) for key, of in BORROWED.items()]
    mirrored = [_field(action) for action in stock_actions()]
    return dataclasses.make_dataclass(
        name,
        mirrored + borrowed + options,
        bases=(ResumeOptions, LengthOptions, StartOptions),
        namespace={"__module__": __name__},
    )


def stock_defaults() -> dict[str, Any]:
    """The stock task's default of each of its options, as its own parser gives it."""
    return {action.dest: action.default for action in stock_actions()}


def check_literal(name: str, text: str) -> None:
    """Raises:
    UserError: if the text of an option is anything but plain Python values.
    """
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        option = "--" + name.replace("_", "-")
        raise UserError(
            f"{option} {text}: write plain Python values, nothing to compute"
        ) from error


def to_namespace(cfg: DictConfig) -> argparse.Namespace:
    """The settings as the stock task's own parser would have parsed them.

    Args:
        cfg: the task's section of the configuration; values may be text as on a command line, or
            lists and mappings from a YAML file.
    Raises:
        UserError: if a value is not among an option's choices, or would be run as code.
    """
    args = argparse.Namespace(**stock_defaults(), token_of={})
    container = OmegaConf.to_container(cfg, resolve=True) if OmegaConf.is_config(cfg) else vars(cfg)
    for key, value in container.items():
        # what no configuration resolves: settings of a task alone
        setattr(args, key, None if value == OF_MODEL.format(key) else value)
    for action in stock_actions():
        value = container.get(action.dest)
        if isinstance(value, str):
            if action.dest in LITERALS:
                check_literal(action.dest, value)
            value = action.type(value) if action.type else value
            action(None, args, value)
        elif isinstance(value, (list, ListConfig)) and action.dest == "lang_pairs":
            args.lang_pairs = ",".join(value)
        value = getattr(args, action.dest)
        if action.choices and value is not None and value not in action.choices:
            option = "--" + action.dest.replace("_", "-")
            raise UserError(
                f"{option} {value}: {did_you_mean(str(value), map(str, action.choices))}"
            )
    args.langtoks_specs = [spec for spec in args.langtoks_specs if spec]  # "" means no tokens
    if isinstance(args.langs, str):
        args.langs = args.langs.split(",")
    if not args.data:
        raise UserError("no data folder given: name the folder that fairseq-preprocess wrote")
    args.data = os.path.expanduser(args.data)
    return args
