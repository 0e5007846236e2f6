"""Adam whose step reads and writes every value once (`--optimizer fused_adam`)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

import torch
from fairseq.optim import FairseqOptimizer, register_optimizer
from fairseq.optim.adam import FairseqAdam, FairseqAdamConfig

from ..support.errors import UserError
from ..training.parts import PARTS, parse_scales


@dataclass
class FusedAdamConfig(FairseqAdamConfig):
    """The options of fairseq's `adam`, and learning rates of parts."""

    lr_scales: Optional[str] = field(
        default=None,
        metadata={
            "help": "parts of the model whose learning rate is another, as factors of --lr: a "
            f"comma-separated list of PART=FACTOR (as hyper_heads=0.25), parts: {', '.join(PARTS)}"
        },
    )


@register_optimizer("fused_adam", dataclass=FusedAdamConfig)
class FusedAdam(FairseqAdam):
    """fairseq's `adam` with torch's fused kernel: the same options and, but for rounding, updates.

    The heads of a hypernetwork have tens of millions of values, and fairseq's own Adam passes over
    them six times a step and allocates a copy. Parameters without a gradient are left alone, as
    there. Adam's epsilon is added to the bias-corrected root of the second moment.

    Args:
        cfg: the options.
        params: parameters, or groups of them.
    Raises:
        UserError: if parts have learning rates of their own and parameters do not tell their part.
    """

    def __init__(self, cfg: FusedAdamConfig, params: Iterable[Any]) -> None:
        FairseqOptimizer.__init__(self, cfg)
        scales = parse_scales(getattr(cfg, "lr_scales", None))
        groups = by_part(params, scales) if scales else params
        self._optimizer = torch.optim.AdamW(groups, fused=True, **self.optimizer_config)
        self.set_lr(self.optimizer_config["lr"])

    def get_lr(self) -> float:
        """The learning rate of parts without a factor."""
        group = self.param_groups[0]
        return group["lr"] / group.get("lr_scale", 1.0)

    def set_lr(self, lr: float) -> None:
        """Sets the learning rate, each part's by its factor."""
        for group in self.param_groups:
            group["lr"] = lr * group.get("lr_scale", 1.0)

    @property
    def supports_flat_params(self) -> bool:
        """Whether --fp16 and --bf16 may keep all parameters in one vector."""
        return True


def by_part(params: Iterable[Any], scales: dict[str, float]) -> list[dict[str, Any]]:
    """Groups of parameters with a factor each.

    Args:
        params: parameters that know their part, see `mark_parts`.
        scales: the factors.
    Raises:
        UserError: if one does not, or a part has no trained parameter.
    """
    groups: dict[str, list[Any]] = {}
    for parameter in params:
        if not hasattr(parameter, "part"):
            raise UserError(
                "--lr-scales: --fp16 trains copies that do not tell their part: use "
                "--memory-efficient-fp16 or --amp, or leave one out"
            )
        groups.setdefault(parameter.part, []).append(parameter)
    for part in scales:
        if part not in groups:
            raise UserError(f"--lr-scales {part}: nothing of it is trained: leave it out")
    return [
        {"params": members, "lr_scale": scales.get(part, 1.0)} for part, members in groups.items()
    ]
