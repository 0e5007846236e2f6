"""Checkpoints: reading them safely, what they say of themselves, and what is made of them."""

from .frozen_weights import load
from .loading import first_line, settings

__all__ = [
    "first_line",
    "load",
    "settings",
]
