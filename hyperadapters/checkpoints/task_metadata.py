"""What a checkpoint of translation says about its data: languages, dictionary, language tokens."""

import hashlib
import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from fairseq.data import Dictionary

from ..data.stock_options import stock_defaults
from ..support.errors import Problems, UserError
from ..support.languages import Languages

# Options of the task that decide what a model's input means: a checkpoint's own are used.
FORMAT = (
    "encoder_langtok", "decoder_langtok", "lang_tok_style", "lang_tok_replacing_bos_eos", "langtoks",
    "langtoks_specs", "left_pad_source", "left_pad_target", "max_source_positions",
    "max_target_positions", "extra_data",
)  # fmt: skip
# those of them that decide which language tokens a sentence has
TOKENS = ("encoder_langtok", "decoder_langtok", "lang_tok_style", "lang_tok_replacing_bos_eos")


def dictionary_fingerprint(dictionary: Dictionary) -> str:
    """SHA-256 of the symbols of a dictionary in their order."""
    return hashlib.sha256("\n".join(dictionary.symbols).encode()).hexdigest()


def dictionary_metadata(dictionary: Dictionary) -> dict[str, Any]:
    """The size and the fingerprint of a dictionary."""
    return {"size": len(dictionary), "sha256": dictionary_fingerprint(dictionary)}


def as_given(args: Namespace, name: str) -> Any:
    """A setting as its option spells it: fairseq reads some switches as the texts True and False."""
    value = getattr(args, name)
    textual = isinstance(value, bool) and isinstance(stock_defaults()[name], str)
    return str(value) if textual else value


def collect(args: Namespace, languages: Languages, dictionary: Dictionary) -> dict[str, Any]:
    """What a task of translation saves with every checkpoint, in plain containers.

    Args:
        args: the task's settings.
        languages: the language table.
        dictionary: the dictionary, with language tokens.
    """
    return {
        "languages": list(languages),
        "format": {name: as_given(args, name) for name in FORMAT},
        "dictionary": dictionary_metadata(dictionary),
        # languages that were added, with the one whose token each has
        **({"token_of": dict(args.token_of)} if args.token_of else {}),
    }


def to_tensor(metadata: Mapping[str, Any]) -> torch.Tensor:
    """Metadata as the bytes of a JSON text [bytes], so that a model can keep them among its weights."""
    return torch.tensor(list(json.dumps(metadata).encode()), dtype=torch.long)


def from_tensor(state: torch.Tensor) -> dict[str, Any]:
    """The inverse of `to_tensor`."""
    return json.loads(bytes(state.tolist()))


def validate(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata in a file, provided that they are what `collect` gives: fairseq would run some texts.

    Args:
        metadata: from a checkpoint or a card; lists in them may stand for tuples.
    Raises:
        UserError: if they hold anything else.
    """
    languages, dictionary = Languages(metadata["languages"]), metadata["dictionary"]
    stored = metadata["format"]
    input_format = {name: stored[name] for name in FORMAT if name in stored}
    for name in ("left_pad_source", "left_pad_target"):
        value = input_format.get(name)
        if str(value) not in ("True", "False"):
            raise UserError(f"its '{name}' is {value}, neither True nor False")
    for name in ("langtoks", "extra_data"):
        if not isinstance(input_format.get(name), (Mapping, type(None))):
            raise UserError(f"its '{name}' is {input_format[name]}, no mapping")
    if input_format.get("langtoks"):
        pairs = input_format["langtoks"].items()
        input_format["langtoks"] = {data: tuple(pair) for data, pair in pairs}
    token_of = metadata.get("token_of", {})
    if not {*token_of, *token_of.values()} <= {*languages}:
        raise UserError("its 'token_of' names other languages than its table")
    return {
        "languages": list(languages),
        "format": input_format,
        "dictionary": {"size": int(dictionary["size"]), "sha256": str(dictionary["sha256"])},
        **({"token_of": dict(token_of)} if token_of else {}),
    }


def restore_input_format(args: Namespace, path: str, metadata: Mapping[str, Any]) -> None:
    """Sets a task's language table and input format to those of a checkpoint.

    Args:
        args: the task's settings; changed in place.
        path: the checkpoint, for messages.
        metadata: what it says about its data.
    Raises:
        UserError: if it says nothing, or the user asked for others.
    """
    if "languages" not in metadata:
        raise UserError(
            f"{path} holds no language table: it was not trained with --task "
            "multilingual_adapter_translation (a stock Transformer can be given as --init-from)"
        )
    try:
        metadata = validate(metadata)
    except (UserError, LookupError, TypeError) as error:
        raise UserError(f"{path} is damaged: {error}") from error
    given = [] if args.lang_dict else args.langs
    take_input_format(args, path, given, metadata["languages"], metadata["format"])
    args.lang_dict, args.token_of = None, metadata.get("token_of", {})


def take_input_format(
    args: Namespace,
    path: str,
    given: Sequence[str] | None,
    languages: Sequence[str],
    input_format: Mapping[str, Any],
) -> None:
    """Sets a task's language table and input format.

    Args:
        args: the task's settings; changed in place.
        path: the checkpoint that they are of, for messages.
        given: the languages that the user named, if any.
        languages: the language table.
        input_format: the settings by name, as their options spell them.
    Raises:
        UserError: naming everything that the user asked for and that is another.
    """
    problems = Problems()
    if given and list(given) != list(languages):
        problems.add(
            f"--langs {','.join(given)} is not the language table of {path} ({','.join(languages)}): "
            "leave it out"
        )
    defaults = stock_defaults()
    for name, stored in input_format.items():
        value = getattr(args, name)
        if value not in (stored, defaults[name], [defaults[name]]):
            option = "--" + name.replace("_", "-")
            problems.add(f"{option} {value} differs from {path}, which has {stored}: leave it out")
        setattr(args, name, stored)
    problems.raise_if_any()
    args.langs = list(languages)


def check_same_data(stored: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Checks that a checkpoint's language ids and pieces mean what they mean in the task at hand.

    Args:
        stored: the metadata of a checkpoint.
        current: those of the task, see `collect`.
    Raises:
        UserError: if language tables, dictionaries or language tokens differ.
    """
    problems = Problems()
    if list(stored["languages"]) != list(current["languages"]):
        problems.add(
            f"the checkpoint's languages are {','.join(stored['languages'])}, "
            f"here they are {','.join(current['languages'])}: use the same --langs in the same order"
        )
    elif stored["dictionary"] != current["dictionary"]:
        problems.add(
            f"the dictionary ({current['dictionary']['size']} entries with language tokens) is not the "
            f"one the checkpoint was trained with ({stored['dictionary']['size']} entries): "
            "binarise with the checkpoint's dict.*.txt"
        )
    for name in TOKENS:
        now = current["format"][name]
        before = stored["format"].get(name, now)  # older checkpoints lack some
        if str(before) != str(now):
            option = "--" + name.replace("_", "-")
            problems.add(f"the checkpoint was trained with {option} {before}, not {now}: give that")
    problems.raise_if_any()
