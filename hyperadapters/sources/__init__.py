"""Where adapter weights come from: pure torch, no fairseq. Every source registers in `SOURCES`."""

from . import baked, bank, hypernetwork, stack  # noqa: F401
from .adapter_set import AdapterPart, AdapterSet
from .condition import Condition
from .group import SourceGroup
from .growth import PreviousSource
from .inputs import INPUTS, ids_by_input, parse_inputs
from .named_condition import condition_ids, condition_of, condition_sides
from .source import (
    SOURCES,
    STARTS,
    AdapterSource,
    HyperOptions,
    ParameterSet,
    SourceConfig,
    seeded,
)
from .stack import Stack

__all__ = [
    "INPUTS",
    "SOURCES",
    "STARTS",
    "AdapterPart",
    "AdapterSet",
    "AdapterSource",
    "Condition",
    "HyperOptions",
    "ParameterSet",
    "PreviousSource",
    "SourceConfig",
    "SourceGroup",
    "Stack",
    "condition_ids",
    "condition_of",
    "condition_sides",
    "ids_by_input",
    "parse_inputs",
    "seeded",
]
