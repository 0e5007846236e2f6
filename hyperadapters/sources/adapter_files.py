"""Adapters at rest as files: safetensors with a card beside them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ..support.errors import UserError
from ..support.file_defects import check_transfer
from ..support.files import atomic_write, write_json
from ..support.fingerprint import fingerprint
from .adapter_set import FORMAT, VERSION, AdapterSet, describe

SUFFIX = ".safetensors"


def write_adapters(adapters: AdapterSet, path: str) -> dict[str, Any]:
    """Writes the tensors to a file and the card beside it.

    Args:
        adapters: the adapters.
        path: the file, which ends in .safetensors; the card ends in .json instead.
    Returns:
        the card.
    """
    card = adapters.card()
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(adapters.tensors))
    write_json(card_path(path), card)
    return card


def read_adapters(path: str) -> AdapterSet:
    """Reads what `write_adapters` wrote.

    Raises:
        UserError: if one of the two files is missing or damaged, or they do not belong together.
    """
    if not Path(path).is_file():
        raise UserError(f"there is no file '{path}': give what `hyperadapters export` wrote")
    card = read_card(path, FORMAT)
    tensors = read_tensors(path)
    with refuse_card(path):
        adapters = AdapterSet.from_card(card, tensors)
        described, sha256 = card["tensors"], card["sha256"]
    stored = describe(tensors)
    for name in sorted({*stored, *described}):
        if stored.get(name) != described.get(name):
            raise UserError(
                f"{path}: '{name}' is {stored.get(name, 'missing')}, its card says "
                f"{described.get(name, 'nothing of it')}: export it again"
            )
    if fingerprint(tensors) != sha256:
        raise UserError(f"{path} was changed or belongs to another card: export it again")
    return adapters


def card_path(path: str) -> Path:
    """Where the card of a file of adapters is."""
    return Path(path).with_suffix(".json")


@contextmanager
def refuse_card(path: str) -> Iterator[None]:
    """Turns whatever goes wrong with the card of a file of adapters into one line that names the card.

    Raises:
        UserError: if something does.
    """
    try:
        yield
    except (UserError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise UserError(
            f"{card_path(path)} is no card of exported adapters ({reason.splitlines()[0]}): export "
            "them again"
        ) from error


def read_card(path: str, *formats: str) -> dict[str, Any]:
    """Reads the card beside a file of adapters.

    Args:
        path: the file of adapters.
        formats: what the card may be of.
    Raises:
        UserError: if it is missing, damaged, or not for this program.
    """
    file = card_path(path)
    if not file.is_file():
        raise UserError(f"{path} has no card: {file} is missing, copy it beside the adapters")
    check_transfer(str(file))
    with refuse_card(path):
        card = json.loads(file.read_text(encoding="utf-8"))
        if card.get("format") not in formats:
            raise UserError(f"its format is not {' or '.join(map(repr, formats))}")
        if card["version"] != VERSION:
            raise UserError(f"its version is {card['version']}, this program reads {VERSION}")
    return card


def read_tensors(path: str) -> dict[str, Tensor]:
    """Reads a file of adapters without its card.

    Raises:
        UserError: if it is damaged.
    """
    check_transfer(path)
    try:
        return load_file(path)
    except SafetensorError as error:
        raise UserError(
            f"{path} is cut off or no safetensors file ({error}): copy or export it again"
        ) from error
