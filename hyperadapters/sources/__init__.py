"""Where adapter weights come from: pure torch, no fairseq. Every source registers in `SOURCES`."""

from . import baked, bank, hypernetwork, stack  # noqa: F401
from .condition import Condition
from .group import SourceGroup
from .growth import PreviousSource
from .inputs import INPUTS, ids_by_input, parse_inputs
from .source import SOURCES, STARTS, AdapterSource, HyperOptions, ParameterSet, SourceConfig

__all__ = [
    "INPUTS",
    "SOURCES",
    "STARTS",
    "AdapterSource",
    "Condition",
    "HyperOptions",
    "ParameterSet",
    "PreviousSource",
    "SourceConfig",
    "SourceGroup",
    "ids_by_input",
    "parse_inputs",
]
