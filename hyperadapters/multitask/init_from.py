"""Which sort of checkpoint --init-from names."""

import os
from typing import Optional

from ..checkpoints import load
from ..errors import UserError
from .backbone import Backbone
from .continued import Continued
from .start import Start


def open_start(path: str, save_dir: Optional[str]) -> Start:
    """Reads the checkpoint that training starts from.

    Args:
        path: given as --init-from.
        save_dir: where training writes its own.
    Raises:
        UserError: if it is no usable checkpoint, or training would overwrite it.
    """
    state = load(path)
    if save_dir and os.path.realpath(save_dir) == os.path.dirname(os.path.realpath(path)):
        raise UserError(
            f"--init-from {path} lies in --save-dir {save_dir}, where this training would go on from "
            "the other one's checkpoint_last.pt: give another --save-dir"
        )
    kind = Continued if "tasks" in (state.get("task_state") or {}) else Backbone
    return kind(path, state)
