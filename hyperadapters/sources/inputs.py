"""The condition inputs: what a hypernetwork or a bank of adapters can depend on."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ..support.registry import Registry


@dataclass(frozen=True)
class ConditionInput:
    """One input of a condition.

    Args:
        batch_key: where a batch carries its ids, in `net_input` [B].
        table: the table that its ids index; inputs of one table can share an embedding.
    """

    batch_key: str
    table: str


INPUTS: Registry = Registry("condition input")
INPUTS.register("src")(ConditionInput("src_lang_id", "languages"))
INPUTS.register("tgt")(ConditionInput("tgt_lang_id", "languages"))
INPUTS.register("task")(ConditionInput("task_id", "tasks"))


def ids_by_input(batch: Mapping[str, Tensor]) -> dict[str, Tensor | None]:
    """Ids of each sentence [B] by condition input, None for those that the batch lacks.

    Args:
        batch: ids by the names under which batches carry them.
    Raises:
        TypeError: for any other name.
    """
    keys = {INPUTS.get(name).batch_key: name for name in INPUTS.names()}
    for key in batch:
        if key not in keys:
            raise TypeError(f"unexpected argument '{key}'; ids are {', '.join(keys)}")
    return {name: batch.get(key) for key, name in keys.items()}


def parse_inputs(text: str) -> tuple[str, ...]:
    """Reads `src,tgt`; an empty text means no input.

    Raises:
        UserError: for an unknown input.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        INPUTS.get(name)
    # one order for every spelling, so that "tgt,src" means the same weights as "src,tgt"
    return tuple(name for name in INPUTS.names() if name in names)
