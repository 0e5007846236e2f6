"""The parts of a model that can have learning rates of their own."""

from collections.abc import Callable

from torch import nn

from ..support.errors import UserError, did_you_mean
from .freezing import ADAPTER_PREFIX, HEADS, is_adapter, is_backbone

# by name, in the order in which they are asked
PARTS: dict[str, Callable[[str], bool]] = {
    "backbone": is_backbone,
    "task_heads": lambda name: name.startswith(HEADS),
    "hyper_heads": lambda name: name.startswith(ADAPTER_PREFIX) and ".heads." in name,
    "adapters": is_adapter,
}


def mark_parts(model: nn.Module) -> None:
    """Tells every parameter, as its attribute `part`, which part of the model it is in."""
    for name, parameter in model.named_parameters():
        parameter.part = next(part for part, holds in PARTS.items() if holds(name))


def parse_scales(text: str | None) -> dict[str, float]:
    """Reads factors by part from a comma-separated list of PART=FACTOR.

    Raises:
        UserError: for another form, an unknown part, or a factor that is not above 0.
    """
    scales = {}
    for entry in filter(None, map(str.strip, (text or "").split(","))):
        part, _, factor = entry.partition("=")
        if part not in PARTS:
            raise UserError(
                f"--lr-scales {entry}: unknown part '{part}': {did_you_mean(part, PARTS)}"
            )
        try:
            scales[part] = float(factor)
        except ValueError:
            scales[part] = 0.0
        if not 0 < scales[part] < float("inf"):
            raise UserError(f"--lr-scales {entry}: write PART=FACTOR with a factor above 0")
    return scales
