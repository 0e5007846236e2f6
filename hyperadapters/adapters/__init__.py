"""What an adapter computes: pure torch, no fairseq. Every kind registers in `KINDS` here."""

from . import bottleneck, parallel  # noqa: F401
from .attach import SideAdapters, attached
from .kind import KINDS, AdapterKind, KindOptions, TensorSpec, Weights
from .rows import Rows, apply_to_rows
from .sites import PLACES, SIDES, Site, sites

__all__ = [
    "KINDS",
    "PLACES",
    "SIDES",
    "AdapterKind",
    "KindOptions",
    "Rows",
    "SideAdapters",
    "Site",
    "TensorSpec",
    "Weights",
    "apply_to_rows",
    "attached",
    "sites",
]
