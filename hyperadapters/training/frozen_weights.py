"""Leaving the frozen weights out of what training saves."""

import logging
from typing import Any

from fairseq.distributed.utils import get_global_rank
from torch import nn

from ..checkpoints.frozen_weights import store

logger = logging.getLogger(__name__)


def keep_apart(model: nn.Module, cfg: Any, source: str, save_dir: str | None) -> None:
    """Lets the checkpoints of a model name the file that has its frozen weights.

    Args:
        model: the model, with these weights.
        cfg: its configuration.
        source: what training starts from.
        save_dir: the folder of the checkpoints.
    """
    if cfg.save_whole_model or not save_dir or get_global_rank() != 0:
        return  # the first process saves for all
    parameters = model.named_parameters(remove_duplicate=False)
    weights = {name: weight.detach() for name, weight in parameters if not weight.requires_grad}
    if weights:
        model.frozen_weights = store(weights, source, cfg.backbone_file, save_dir)
        logger.info(
            f"checkpoints hold what is trained alone; the frozen weights are in {model.frozen_weights.file}"
        )
