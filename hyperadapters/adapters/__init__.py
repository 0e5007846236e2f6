"""What an adapter computes: pure torch, no fairseq. Every kind registers in `KINDS` here."""

from . import bottleneck, ia3, lora, parallel, prefix  # noqa: F401
from .attach import SideAdapters, attached
from .head_mask import HeadMask
from .kind import KINDS, AdapterKind, TensorSpec, Weights
from .points import ATTENTIONS, POINTS, SIDES, LayerShape, Site, is_in_attention, sites
from .rows import Rows, apply_to_rows

__all__ = [
    "ATTENTIONS",
    "KINDS",
    "POINTS",
    "SIDES",
    "AdapterKind",
    "HeadMask",
    "LayerShape",
    "Rows",
    "SideAdapters",
    "Site",
    "TensorSpec",
    "Weights",
    "apply_to_rows",
    "attached",
    "is_in_attention",
    "sites",
]
