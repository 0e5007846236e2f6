"""Conditions by name: directions and cells, and the ids that they stand for."""

from collections.abc import Collection, Mapping

from ..support.errors import UserError, did_you_mean
from .inputs import INPUTS


def condition_of(name: str) -> dict[str, str]:
    """The condition of a direction, as `de-fr`, or of a cell, as `ner:de` or `translation:de-fr`."""
    task, _, languages = name.rpartition(":")
    src, _, tgt = languages.partition("-")
    condition = {"src": src}
    if tgt:
        condition["tgt"] = tgt
    if task:
        condition["task"] = task
    return condition


def condition_sides(condition: Mapping[str, str]) -> tuple[str, ...]:
    """The sides that work under a condition: the decoder does if there is a target language."""
    return ("encoder", "decoder") if "tgt" in condition else ("encoder",)


def condition_ids(
    condition: Mapping[str, str], tables: Mapping[str, Collection[str]]
) -> dict[str, int]:
    """The ids of a condition; a sentence that is not translated has its own language as target.

    Args:
        condition: a name by condition input.
        tables: the names that ids stand for, by the name of their table (see `INPUTS`).
    Raises:
        UserError: for a name that its table lacks.
    """
    ids = {}
    for name, value in {"tgt": condition["src"], **condition}.items():
        table = INPUTS.get(name).table
        names = list(tables[table])
        if value not in names:
            raise UserError(
                f"unknown {table.removesuffix('s')} '{value}': {did_you_mean(value, names)}"
            )
        ids[name] = names.index(value)
    return ids
