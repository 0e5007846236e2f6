"""Loading weights into a model that they may not fit."""

from ..support.errors import UserError


class Fitting:
    """Mixed into a fairseq model: weights of a model with other options are one line of error."""

    def load_state_dict(self, state_dict, strict=True, model_cfg=None, args=None):
        """Raises:
        UserError: if the weights belong to a model with other options.
        """
        try:
            return super().load_state_dict(state_dict, strict, model_cfg, args)
        except RuntimeError as error:
            lines = str(error).strip().splitlines()
            raise UserError(
                f"the checkpoint does not fit the model ({len(lines) - 1} differences, first: "
                f"{lines[-1 if len(lines) == 1 else 1].strip()}): give the options it was trained "
                "with, or start anew in another --save-dir"
            ) from error
