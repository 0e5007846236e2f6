"""All tasks: a new one is a file and a line here."""

from . import mlm, ner, pos, translation  # noqa: F401
from .task import TASKS

__all__ = ["TASKS"]
