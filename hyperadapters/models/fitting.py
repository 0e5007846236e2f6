"""The state of a model: what is saved of it, and weights that it may not fit."""

from ..checkpoints.frozen_weights import FrozenWeights, complete
from ..support.errors import UserError


class Fitting:
    """Mixed into a fairseq model: frozen weights may be kept apart, and weights of a model with other
    options are one line of error.

    Attributes:
        frozen_weights: where the weights are that checkpoints of it only name, if any.
        checkpoint_folder: of the checkpoint that it is loaded from, if it is known.
    """

    frozen_weights: FrozenWeights | None = None
    checkpoint_folder: str | None = None

    def state_dict(self, *args, prefix="", **kwargs):
        state = super().state_dict(*args, prefix=prefix, **kwargs)
        if self.frozen_weights:
            self.frozen_weights.leave_out(state, prefix)
        return state

    def load_state_dict(self, state_dict, strict=True, model_cfg=None, args=None):
        """Raises:
        UserError: if the weights belong to a model with other options, or frozen ones that they
            only name are not to be had.
        """
        state_dict = complete(state_dict, self.checkpoint_folder)
        for name, buffer in self.named_buffers():
            if name.endswith(".version"):  # without it, fairseq takes off the last LayerNorm
                state_dict.setdefault(name, buffer)
        try:
            return super().load_state_dict(state_dict, strict, model_cfg, args)
        except RuntimeError as error:
            lines = str(error).strip().splitlines()
            raise UserError(
                f"the checkpoint does not fit the model ({len(lines) - 1} differences, first: "
                f"{lines[-1 if len(lines) == 1 else 1].strip()}): give the options it was trained "
                "with, or start anew in another --save-dir"
            ) from error
