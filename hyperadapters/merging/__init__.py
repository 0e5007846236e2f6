"""How adapters of several languages and tasks make those of another. Pure torch; every rule registers
in `RULES` here."""

from . import add, multiply, product, transfer  # noqa: F401
from .rule import CONTROLS, RULES, MergingRule

__all__ = ["CONTROLS", "RULES", "MergingRule"]
