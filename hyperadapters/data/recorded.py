"""What a checkpoint says about its data: language table, dictionaries, language tokens."""

import hashlib
import json
from argparse import Namespace
from typing import Any, Dict, Mapping

import torch
from fairseq.data import Dictionary

from ..checkpoints import load
from ..errors import Problems, UserError
from ..languages import Languages
from .stock_options import stock_defaults

# Options of the task that decide what a model's input means: a checkpoint's own are used.
FORMAT = (
    "encoder_langtok", "decoder_langtok", "lang_tok_style", "lang_tok_replacing_bos_eos", "langtoks",
    "langtoks_specs", "left_pad_source", "left_pad_target", "max_source_positions",
    "max_target_positions", "extra_data",
)  # fmt: skip


def fingerprint(dictionary: Dictionary) -> str:
    """A digest of the symbols of a dictionary in their order."""
    return hashlib.sha256("\n".join(dictionary.symbols).encode()).hexdigest()


def as_given(args: Namespace, name: str) -> Any:
    """A setting as its option spells it: fairseq reads some switches as the texts True and False."""
    value = getattr(args, name)
    textual = isinstance(value, bool) and isinstance(stock_defaults()[name], str)
    return str(value) if textual else value


def record(args: Namespace, languages, dictionary: Dictionary) -> Dict[str, Any]:
    """The state of a task as it is saved with every checkpoint, in plain containers."""
    return {
        "languages": list(languages),
        "format": {name: as_given(args, name) for name in FORMAT},
        "dictionary": {"size": len(dictionary), "sha256": fingerprint(dictionary)},
    }


def packed(recorded: Mapping[str, Any]) -> torch.Tensor:
    """What was recorded, as the bytes of a JSON text [bytes]: a model keeps it among its weights."""
    return torch.tensor(list(json.dumps(recorded).encode()), dtype=torch.long)


def unpacked(state: torch.Tensor) -> Dict[str, Any]:
    """The inverse of `packed`."""
    return json.loads(bytes(state.tolist()))


def checked(state: Mapping[str, Any]) -> Dict[str, Any]:
    """What a file says was recorded, if it is what `record` writes: fairseq would run some texts.

    Args:
        state: from a checkpoint or a card; lists in it may stand for tuples.
    Raises:
        UserError: if it holds anything else.
    """
    languages, dictionary = Languages(state["languages"]), state["dictionary"]
    known = {name: state["format"][name] for name in FORMAT if name in state["format"]}
    for name in ("left_pad_source", "left_pad_target"):
        if str(known.get(name)) not in ("True", "False"):
            raise UserError(f"its '{name}' is {known.get(name)}, neither True nor False")
    for name in ("langtoks", "extra_data"):
        if not isinstance(known.get(name), (Mapping, type(None))):
            raise UserError(f"its '{name}' is {known[name]}, no mapping")
    if known.get("langtoks"):
        known["langtoks"] = {data: tuple(pair) for data, pair in known["langtoks"].items()}
    return {
        "languages": list(languages),
        "format": known,
        "dictionary": {"size": int(dictionary["size"]), "sha256": str(dictionary["sha256"])},
    }


def adopt(args: Namespace, path: str) -> None:
    """Sets a task's language table and input format to those of a checkpoint.

    Args:
        args: the task's settings; changed in place.
        path: the checkpoint given as --path.
    Raises:
        UserError: if the checkpoint has none, or the user asked for others.
    """
    state = load(path).get("task_state") or {}
    if "languages" not in state:
        raise UserError(
            f"{path} holds no language table: it was not trained with --task "
            "multilingual_adapter_translation (a stock Transformer can be given as --init-from)"
        )
    try:
        state = checked(state)
    except (UserError, LookupError, TypeError) as error:
        raise UserError(f"{path} is damaged: {error}") from error
    problems = Problems()
    if args.lang_dict is None and args.langs and list(args.langs) != list(state["languages"]):
        problems.add(
            f"--langs {','.join(args.langs)} is not the language table of {path} "
            f"({','.join(state['languages'])}): leave it out"
        )
    defaults = stock_defaults()
    for name, stored in state["format"].items():
        given = getattr(args, name)
        if given not in (stored, defaults[name], [defaults[name]]):
            option = "--" + name.replace("_", "-")
            problems.add(f"{option} {given} differs from the checkpoint's {stored}: leave it out")
        setattr(args, name, stored)
    problems.raise_if_any()
    args.langs, args.lang_dict = list(state["languages"]), None


def compare(stored: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Checks that a checkpoint fits the task at hand.

    Args:
        stored: the state that a checkpoint recorded.
        own: the state of the task, see `record`.
    Raises:
        UserError: if language tables or dictionaries differ.
    """
    problems = Problems()
    if list(stored["languages"]) != list(own["languages"]):
        problems.add(
            f"the checkpoint's languages are {','.join(stored['languages'])}, "
            f"here they are {','.join(own['languages'])}: use the same --langs in the same order"
        )
    elif stored["dictionary"] != own["dictionary"]:
        problems.add(
            f"the dictionary ({own['dictionary']['size']} entries with language tokens) is not the "
            f"one the checkpoint was trained with ({stored['dictionary']['size']} entries): "
            "binarise with the checkpoint's dict.*.txt"
        )
    problems.raise_if_any()
