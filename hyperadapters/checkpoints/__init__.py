"""Checkpoints: reading them safely, what they say of themselves, and what is made of them."""

from .loading import (
    first_line,
    load,
    settings,
)

__all__ = [
    "first_line",
    "load",
    "settings",
]
