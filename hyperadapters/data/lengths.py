"""How long a sentence may be for a model, checked before long work."""

from typing import Any, Mapping, Sequence

from ..errors import UserError, listed


def source_limit(format: Mapping[str, Any], cfg: Any) -> int:
    """The most pieces of a source sentence, its end included and without a language token.

    Args:
        format: the input format that a checkpoint or a task has.
        cfg: the model's configuration.
    """
    token = 1 if format["encoder_langtok"] else 0
    return min(format["max_source_positions"], cfg.max_source_positions) - token


def check_lengths(lengths: Sequence[int], limit: int) -> None:
    """Raises:
    UserError: naming the sentences (by their numbers from 1) that have more pieces than the limit.
    """
    long = [number for number, length in enumerate(map(int, lengths), start=1) if length > limit]
    if long:
        raise UserError(
            f"sentence {listed(map(str, long))} is too long: {max(map(int, lengths))} pieces with its "
            f"end, but the model takes {limit}: split it, or leave it out"
        )
