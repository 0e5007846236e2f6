"""Rules that say which parameters stay as they are, as predicates on parameter names."""

from typing import Callable, Dict, List, Tuple

from torch import nn

from .errors import UserError

ADAPTER_PREFIX = "encoder.adapters."


def is_backbone(name: str) -> bool:
    """Whether a parameter belongs to the backbone, not to the adapters or their source."""
    return not name.startswith(ADAPTER_PREFIX)


RULES: Dict[str, Callable[[str], bool]] = {"backbone": is_backbone}


def freeze(model: nn.Module, rule: str) -> Tuple[int, int]:
    """Stops the parameters that `rule` names from being trained.

    Args:
        model: the model.
        rule: a name in `RULES`.
    Returns:
        how many values stay trainable and how many are frozen.
    Raises:
        UserError: if nothing would be frozen or nothing would stay trainable.
    """
    frozen: List[nn.Parameter] = []
    trained: List[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (frozen if RULES[rule](name) else trained).append(parameter)
    if not trained:
        raise UserError(
            f"--freeze-{rule} leaves nothing to train: choose an --adapter-source other than none"
        )
    if not frozen:
        raise UserError(f"--freeze-{rule} matches no parameter")
    for parameter in frozen:
        parameter.requires_grad_(False)
    return sum(p.numel() for p in trained), sum(p.numel() for p in frozen)
