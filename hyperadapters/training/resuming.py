"""Whether training can go on from the checkpoint that fairseq-train is going to resume."""

import os
from pathlib import Path
from typing import Any

from fairseq.distributed.utils import get_global_rank

from ..checkpoints.defects import checkpoint_defect, is_zip
from ..checkpoints.frozen_weights import load
from ..support.errors import UserError
from ..support.file_defects import AGAIN

LAST = "checkpoint_last.pt"


def check_resumed(options: Any) -> None:
    """Makes sure, before the long work, that the checkpoint to resume can be read, if there is one.

    Args:
        options: the settings of a task that trains, see `data.resume_options`.
    Raises:
        UserError: naming what is wrong with it, and another that can be resumed.
    """
    path = resumed_file(options)
    if path is None or "://" in path or get_global_rank() != 0:
        return
    defect = checkpoint_defect(path) if os.path.isfile(path) else None
    if defect is None:
        if not (os.path.isfile(path) and is_zip(path)):
            load(path)  # a file of the old format says only at its end whether it is whole
        return
    starts_anew = os.path.basename(path).startswith("checkpoint_last") and defect.advice == AGAIN
    advice = "delete it to start anew" if starts_anew else defect.advice
    other = newest_whole(Path(path))
    if other:
        advice += f", or resume from {other} with --restore-file {other}"
    raise UserError(f"{path} {defect.what}: {advice}")


def resumed_file(options: Any) -> str | None:
    """The checkpoint that `fairseq.checkpoint_utils.load_checkpoint` chooses; None to start anew."""
    suffix = options.checkpoint_suffix or ""
    if options.restore_file not in (None, LAST):
        return options.restore_file.replace(".pt", suffix + ".pt")
    last = os.path.join(options.save_dir or "", f"checkpoint_last{suffix}.pt")
    if os.path.isfile(last):
        return last
    return options.continue_once or options.finetune_from_model


def newest_whole(path: Path) -> Path | None:
    """The newest other checkpoint in the folder of one that is not whole."""
    others = [file for file in path.parent.glob("checkpoint*.pt") if file.name != path.name]
    others.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    return next((file for file in others if not checkpoint_defect(str(file))), None)
