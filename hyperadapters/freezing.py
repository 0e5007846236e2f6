"""Rules that say which parameters stay as they are, as predicates on parameter names."""

from typing import Any, Callable, Dict, List, Tuple

from torch import nn

from .errors import UserError

ADAPTER_PREFIX = "encoder.adapters."


HEADS = "heads."
DECODER = "heads.translation."  # the head of translation is the backbone's decoder


def is_adapter(name: str) -> bool:
    """Whether a parameter belongs to adapters or to what generates them."""
    return name.startswith(ADAPTER_PREFIX)


def is_backbone(name: str) -> bool:
    """Whether a parameter belongs to the backbone, not to adapters, their source or a task's head."""
    if is_adapter(name):
        return False
    return name.startswith(DECODER) or not name.startswith(HEADS)


def is_norm(name: str) -> bool:
    """Whether a parameter is the gain or bias of one of the backbone's LayerNorms."""
    module = name.rpartition(".")[0].rpartition(".")[2]
    return is_backbone(name) and (module.endswith("layer_norm") or module == "layernorm_embedding")


RULES: Dict[str, Callable[[str], bool]] = {
    "backbone": is_backbone,
    "backbone_but_norms": lambda name: is_backbone(name) and not is_norm(name),
}


def backbone_rule(cfg: Any) -> str:
    """The name of the rule that --freeze-backbone follows with a model configuration."""
    return "backbone_but_norms" if getattr(cfg, "train_layer_norms", False) else "backbone"


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
            "--freeze-backbone leaves nothing to train: choose an --adapter-source other than none"
        )
    if not frozen:
        raise UserError(f"the rule '{rule}' freezes no parameter")
    for parameter in frozen:
        parameter.requires_grad_(False)
    return sum(p.numel() for p in trained), sum(p.numel() for p in frozen)
