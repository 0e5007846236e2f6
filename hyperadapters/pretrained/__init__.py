"""What training can start from (`--init-from`), for every task of fairseq that we register.

A new format is a file that registers in `FORMATS` and a name in the line that imports them, in the
order in which messages list them.
"""

import os

from ..checkpoints.checkpoint import Checkpoint
from ..support.errors import UserError
from .base import FORMATS, HYPERX, TRANSLATION, Pretrained, Training

from . import transformer, adapter_transformer, roberta  # noqa: F401  # isort: skip
from . import multitask, huggingface_translation, huggingface  # noqa: F401  # isort: skip

__all__ = [
    "FORMATS",
    "HYPERX",
    "TRANSLATION",
    "Pretrained",
    "Training",
    "check_save_dir",
    "open_pretrained",
]


def open_pretrained(path: str, task: str) -> Pretrained:
    """Reads the pretrained model that training starts from.

    Args:
        path: the file or folder given as --init-from.
        task: the name of the fairseq task that trains.
    Raises:
        UserError: if it is none, or none that this task can start from.
    """
    checkpoint, formats = Checkpoint(path), list(map(FORMATS.get, FORMATS.names()))
    candidates = (format for format in formats if format.is_folder == os.path.isdir(path))
    pretrained = next((format for format in candidates if format.recognises(checkpoint)), None)
    if pretrained is None:
        usable = [format for format in formats if task in format.tasks]
        titles = list(dict.fromkeys(format.title for format in usable))
        examples = ", ".join(dict.fromkeys(format.example for format in usable))
        reason = f"neither {' nor '.join(titles)}" if len(titles) > 1 else f"not {titles[0]}"
        raise UserError(f"--init-from {path}: {reason}: give {examples}")
    if task not in pretrained.tasks:
        raise UserError(f"--init-from {path}: {pretrained.refusal}")
    return pretrained(checkpoint)


def check_save_dir(path: str, save_dir: str | None) -> None:
    """Makes sure that training does not mistake what it starts from for its own checkpoints.

    Args:
        path: the file or folder given as --init-from.
        save_dir: where training writes.
    Raises:
        UserError: if it lies there.
    """
    folder = os.path.realpath(path)
    if not os.path.isdir(path):
        folder = os.path.dirname(folder)
    if save_dir and os.path.realpath(save_dir) == folder:
        raise UserError(
            f"--init-from {path} lies in --save-dir {save_dir}, where this training would go on from "
            "the other one's checkpoint_last.pt: give another --save-dir"
        )
