"""The condition inputs: what a hypernetwork or a bank of adapters can depend on."""

from dataclasses import dataclass

from ..registry import Registry


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
