"""sacreBLEU metrics from their signatures."""

import re
from typing import Any

from ..support.errors import UserError


def entries(signature: str) -> dict[str, str]:
    """The entries of a signature such as `nrefs:1|case:mixed|...`."""
    return dict(part.split(":", 1) for part in signature.split("|") if ":" in part)


def metric_of(name: str, signature: str) -> Any:
    """The metric that a signature describes.

    Args:
        name: "bleu", "chrf", or the title of one of our metrics.
        signature: sacreBLEU's signature of it.
    Raises:
        UserError: if there is no such metric.
    """
    settings = entries(signature)
    try:
        return MAKERS[name](settings) if name in MAKERS else _tags(name, settings)
    except (KeyError, ValueError, AssertionError, ImportError, RuntimeError) as error:
        raise UserError(
            f"cannot compute {name} as '{signature}' ({error}): install what its tokeniser needs, or "
            "evaluate again with this version of sacreBLEU"
        ) from error


def _bleu(settings: dict[str, str]) -> Any:
    from sacrebleu.metrics import BLEU

    smooth = re.fullmatch(r"([a-z-]+)(?:\[([\d.]+)\])?", settings["smooth"])
    # a tokeniser may add the version of its model to its name
    names = [name for name in BLEU.TOKENIZERS if settings["tok"].startswith(name)]
    if not smooth or not names:
        raise ValueError(f"unknown tok:{settings['tok']} or smooth:{settings['smooth']}")
    return BLEU(
        lowercase=settings["case"] == "lc",
        force=True,
        tokenize=max(names, key=len),
        smooth_method=smooth.group(1),
        smooth_value=float(smooth.group(2)) if smooth.group(2) else None,
        effective_order=settings["eff"] == "yes",
    )


def _tags(name: str, settings: dict[str, str]) -> Any:
    from ..metrics.tags import METRICS

    return METRICS.get(name).from_settings(metric_settings(settings))


def metric_settings(settings: dict[str, str]) -> dict[str, str]:
    """The entries of a signature but for those of every metric."""
    return {name: value for name, value in settings.items() if name not in ("nrefs", "version")}


def _chrf(settings: dict[str, str]) -> Any:
    from sacrebleu.metrics import CHRF

    return CHRF(
        char_order=int(settings["nc"]),
        word_order=int(settings["nw"]),
        lowercase=settings["case"] == "lc",
        whitespace=settings["space"] == "yes",
        eps_smoothing=settings["eff"] == "no",
    )


MAKERS = {"bleu": _bleu, "chrf": _chrf}
