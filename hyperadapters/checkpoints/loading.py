"""Safe reading of checkpoints."""

import pickle
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import torch

from ..support.errors import UserError, one_line
from .defects import check_file, is_zip, unreadable


def read(path: str) -> dict[str, Any]:
    """Reads what is in a checkpoint, of any version of torch, without executing anything it contains.

    Args:
        path: a fairseq checkpoint.
    Raises:
        UserError: if there is no such file, or it is no checkpoint, or needs more than plain data.
    """
    check_file(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip(path))
    except Exception as error:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise
        if isinstance(error, pickle.UnpicklingError) and "GLOBAL" in str(error):
            raise UserError(f"{path}: {one_line(error)}") from error
        raise UserError(f"{path} {unreadable(path)}") from error
    if not isinstance(state, dict) or "model" not in state:
        raise UserError(f"{path} is no fairseq checkpoint: it has no 'model' entry")
    return state


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def settings(state: Mapping[str, Any], section: str) -> dict[str, Any]:
    """A section ("task", "model") of the configuration stored in a checkpoint, as a flat mapping."""
    cfg = state.get("cfg")
    part = cfg.get(section) if isinstance(cfg, Mapping) else state.get("args")
    if isinstance(part, Namespace):
        return vars(part)
    return dict(part) if isinstance(part, Mapping) else {}
