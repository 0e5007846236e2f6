"""Registries of named things."""

import pytest

from hyperadapters.support.errors import UserError
from hyperadapters.support.registry import Registry


def test_a_registry_refuses_duplicates_and_hints():
    registry = Registry("fruit")
    registry.register("apple")(1)
    with pytest.raises(ValueError, match="twice"):
        registry.register("apple")(2)
    with pytest.raises(UserError, match="unknown fruit 'appel': did you mean 'apple'"):
        registry.get("appel")
