"""Checkpoints: reading them safely, what they say of themselves, and what is made of them."""

from .loading import (
    NOT_ARCHITECTURE,
    first_line,
    flat_fields,
    load,
    settings,
)

__all__ = [
    "NOT_ARCHITECTURE",
    "first_line",
    "flat_fields",
    "load",
    "settings",
]
