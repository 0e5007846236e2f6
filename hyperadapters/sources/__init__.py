"""Where adapter weights come from: pure torch, no fairseq. Every source registers in `SOURCES`."""

from . import baked, hypernetwork, stack  # noqa: F401
from .adapter_set import AdapterPart, AdapterSet
from .bank import Bank, surplus_values
from .condition import Condition
from .group import SourceGroup
from .growth import PreviousSource
from .inputs import INPUTS, ids_by_input, parse_inputs
from .language_ranks import LanguageRanks, parse_language_ranks
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
    "Bank",
    "Condition",
    "HyperOptions",
    "LanguageRanks",
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
    "parse_language_ranks",
    "seeded",
    "surplus_values",
]
