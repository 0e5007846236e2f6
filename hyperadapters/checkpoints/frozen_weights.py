"""Weights that training leaves as they are: kept in one file, which many checkpoints name.

A checkpoint then holds what was trained alone. Whatever reads it puts the others beside it.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..support.errors import UserError
from ..support.files import atomic_write
from ..support.fingerprint import fingerprint
from .loading import read
from .task_metadata import from_tensor, to_tensor

ENTRY = "frozen_weights"  # in a model's state
FILE = "backbone.pt"

# what a checkpoint has beside its weights, so that `hyperadapters attach` can start from such a file
NO_TRAINING: dict[str, Any] = {
    "args": None,
    "cfg": {},
    "optimizer_history": [{}],
    "extra_state": {},
}

State = dict[str, Tensor]


def load(path: str) -> dict[str, Any]:
    """Reads a checkpoint, with the frozen weights that it only names, see `read`.

    Args:
        path: a fairseq checkpoint.
    Raises:
        UserError: if it cannot be read, or its frozen weights are not to be had.
    """
    state = read(path)
    state["model"] = complete(state["model"], os.path.dirname(path))
    return state


@dataclass(frozen=True)
class FrozenWeights:
    """Where the frozen weights of a checkpoint are.

    Args:
        file: the absolute path of a checkpoint that has them.
        relative: its path from the checkpoint's folder.
        names: their names.
        sha256: their fingerprint.
        source: what training started from.
    """

    file: str
    relative: str
    names: list[str]
    sha256: str
    source: str

    @classmethod
    def from_entry(cls, entry: Tensor) -> "FrozenWeights":
        """What a model's state says of them.

        Raises:
            UserError: if it says something else.
        """
        try:
            return cls(**from_tensor(entry))
        except (TypeError, ValueError) as error:
            raise UserError(f"the checkpoint's entry '{ENTRY}' is damaged ({error})") from error

    def leave_out(self, state: State, prefix: str = "") -> None:
        """Replaces the weights in a model's state by where they are.

        Args:
            state: the state; changed in place.
            prefix: what its names begin with.
        """
        for name in self.names:
            del state[prefix + name]
        state[prefix + ENTRY] = to_tensor(asdict(self))

    def find(self, folder: str | None) -> str:
        """The file: as seen from a checkpoint's folder, in it, or where it was.

        Raises:
            UserError: if it is nowhere.
        """
        seen = [] if folder is None else [os.path.join(folder, self.relative)]
        beside = [] if folder is None else [os.path.join(folder, os.path.basename(self.file))]
        places = [*seen, *beside, self.file]
        for place in places:
            if os.path.isfile(place):
                return place
        raise UserError(
            f"the frozen weights (of {self.source}) are not at {places[0]}: copy or link the file there, or as "
            f"{os.path.basename(self.file)} beside the checkpoint"
        )

    def read(self, folder: str | None) -> State:
        """The weights.

        Args:
            folder: the checkpoint's folder, if it is known.
        Raises:
            UserError: if the file is nowhere, or has other weights.
        """
        path = self.find(folder)
        stored = load(path)["model"]
        weights = {name: stored[name] for name in self.names if name in stored}
        if len(weights) < len(self.names) or fingerprint(weights) != self.sha256:
            raise UserError(
                f"{path} does not hold the frozen weights that the checkpoint was trained with (those of "
                f"{self.source}): put the file back that was there then"
            )
        return weights


def complete(model: Mapping[str, Tensor], folder: str | None) -> State:
    """A model's state with the frozen weights that it only names.

    Args:
        model: the state.
        folder: the folder of the checkpoint that it is of, if it is known.
    Raises:
        UserError: if they are not to be had.
    """
    state = dict(model)
    entry = state.pop(ENTRY, None)
    return state if entry is None else FrozenWeights.from_entry(entry).read(folder) | state


def store(weights: State, source: str, file: str | None, save_dir: str) -> FrozenWeights:
    """Makes sure that frozen weights are in a file.

    Args:
        weights: the weights by name.
        source: what training starts from; if it is a checkpoint that has them, nothing is written.
        file: where to write them otherwise, if they are not there; by default into the folder of the
            checkpoints.
        save_dir: that folder.
    Raises:
        UserError: if there are other weights in the file.
    """
    file = file or os.path.join(save_dir, FILE)
    path = next((path for path in (*origins(source), file) if has(path, weights)), None)
    if path is None and os.path.exists(file):
        raise UserError(
            f"{file} holds other weights than the frozen ones of {source}: move it away, or name another "
            "--backbone-file"
        )
    if path is None:
        path = file
        with atomic_write(path) as temporary:
            torch.save({"model": weights, **NO_TRAINING}, temporary)
    stored = load(path)["model"]
    return FrozenWeights(
        os.path.abspath(path), os.path.relpath(path, save_dir), list(weights),
        fingerprint({name: stored[name] for name in weights}), source,
    )  # fmt: skip


def origins(path: str) -> list[str]:
    """A checkpoint, after the file that its own frozen weights are in; nothing if it is a folder."""
    if not os.path.isfile(path):
        return []
    entry = read(path)["model"].get(ENTRY)
    files = [path]
    if entry is not None:
        files.insert(0, FrozenWeights.from_entry(entry).find(os.path.dirname(path)))
    return files


def has(path: str, weights: State) -> bool:
    """Whether a checkpoint has weights of these names and values."""
    if not Path(path).is_file():
        return False
    stored = load(path)["model"]
    return all(
        name in stored
        and stored[name].shape == tensor.shape
        and torch.equal(stored[name].to(tensor.dtype), tensor.cpu())
        for name, tensor in weights.items()
    )
