"""The classes of plain settings that may be loaded with `weights_only=True`."""

import argparse
from collections import defaultdict
from typing import Any

import torch
from fairseq.distributed.utils import _TensorPlaceholder
from omegaconf import AnyNode, DictConfig, ListConfig
from omegaconf.base import ContainerMetadata, Metadata

IN_CHECKPOINTS = (argparse.Namespace,)
# What fairseq makes of a checkpoint that its first process loads, before it sends it to the others.
BETWEEN_PROCESSES = (
    AnyNode, DictConfig, ListConfig, ContainerMetadata, Metadata, _TensorPlaceholder,
    Any, defaultdict, dict, int, list,
)  # fmt: skip


def register() -> None:
    """Lets torch load these classes, none of which runs code of the file's choice."""
    torch.serialization.add_safe_globals([*IN_CHECKPOINTS, *BETWEEN_PROCESSES])
