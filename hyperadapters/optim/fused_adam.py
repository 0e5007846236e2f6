"""Adam whose step reads and writes every value once (`--optimizer fused_adam`)."""

import torch
from fairseq.optim import FairseqOptimizer, register_optimizer
from fairseq.optim.adam import FairseqAdam, FairseqAdamConfig


@register_optimizer("fused_adam", dataclass=FairseqAdamConfig)
class FusedAdam(FairseqAdam):
    """fairseq's `adam` with torch's fused kernel: the same options and, but for rounding, updates.

    The heads of a hypernetwork have tens of millions of values, and fairseq's own Adam passes over
    them six times a step and allocates a copy. Parameters without a gradient are left alone, as
    there. Adam's epsilon is added to the bias-corrected root of the second moment.

    Args:
        cfg: the options of fairseq's `adam`.
        params: parameters, or groups of them.
    """

    def __init__(self, cfg: FairseqAdamConfig, params) -> None:
        FairseqOptimizer.__init__(self, cfg)
        self._optimizer = torch.optim.AdamW(params, fused=True, **self.optimizer_config)

    @property
    def supports_flat_params(self) -> bool:
        """Whether --fp16 and --bf16 may keep all parameters in one vector."""
        return True
