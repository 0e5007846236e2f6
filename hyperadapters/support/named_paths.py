"""Paths on the command line that a name or other paths stand beside."""

import os
from collections.abc import Iterable

from .errors import UserError


def split_name(text: str) -> tuple[str, str]:
    """Splits NAME=PATH at the first "=" whose rest exists, as both may contain "=".

    Returns:
        the name, and the path; if the whole text is a path that exists, an empty name.
    Raises:
        UserError: if nothing of it exists.
    """
    if os.path.exists(text):
        return "", text
    words = text.split("=")
    for place in range(1, len(words)):
        name, path = "=".join(words[:place]), "=".join(words[place:])
        if name and os.path.exists(path):
            return name, path
    raise UserError(f"'{text}': there is no such path, nor one after '=': give PATH or NAME=PATH")


def paths_of(words: Iterable[str]) -> list[str]:
    """The paths in words that are each a path that exists or a comma-separated list of paths."""
    paths: list[str] = []
    for word in words:
        paths += [word] if os.path.exists(word) else filter(None, word.split(","))
    return paths
