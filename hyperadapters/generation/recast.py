"""One object made into another of a class that does the same work otherwise."""

from copy import copy
from typing import Any, Type, TypeVar

Kind = TypeVar("Kind")


def recast(stock: Any, kind: Type[Kind]) -> Kind:
    """An object with the same parameters, hooks and settings.

    Args:
        stock: an object of a class of fairseq's or PyTorch's.
        kind: a subclass of that class; attributes that it adds are the caller's to set.
    """
    found = copy(stock)
    found.__class__ = kind
    return found
