"""Where adapter weights come from: pure torch, no fairseq. Every source registers in `SOURCES`."""

from . import baked, bank, hypernetwork, stack  # noqa: F401
from .condition import Condition
from .inputs import INPUTS, parse_inputs
from .origin import Origin
from .source import SOURCES, STARTS, AdapterSource, HyperOptions, ParameterSet, Setting

__all__ = [
    "INPUTS",
    "SOURCES",
    "STARTS",
    "AdapterSource",
    "Condition",
    "HyperOptions",
    "Origin",
    "ParameterSet",
    "Setting",
    "parse_inputs",
]
