"""A name -> thing table that refuses duplicates and lists what it knows."""

from collections.abc import Callable
from typing import Generic, TypeVar

from .errors import UserError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things of one sort.

    Args:
        what: what the things are called in messages, e.g. "adapter kind".
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._things: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that enters a thing under `name`.

        Raises:
            ValueError: if the name is taken.
        """

        def enter(thing: T) -> T:
            if name in self._things:
                raise ValueError(f"{self.what} '{name}' is registered twice")
            self._things[name] = thing
            return thing

        return enter

    def get(self, name: str) -> T:
        """Raises:
        UserError: for an unknown name, with the nearest known one.
        """
        if name not in self._things:
            raise UserError(f"unknown {self.what} '{name}': {did_you_mean(name, self.names())}")
        return self._things[name]

    def names(self) -> list[str]:
        return list(self._things)
