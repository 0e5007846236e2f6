"""Named tensors of a pretrained model, fitted to a model and copied into it."""

import logging
from collections.abc import Callable, Mapping, Sequence

import torch
from fairseq.data import Dictionary
from torch import Tensor, nn

from ..multitask.all_tasks import symbol_parameters
from ..multitask.mlm import MaskedLanguageModel
from ..support.errors import Problems, UserError
from ..training.freezing import HEADS

logger = logging.getLogger(__name__)

EMBEDDINGS = "encoder.embed_tokens.weight"
LM_HEAD = f"{HEADS}{MaskedLanguageModel.name}"  # for the head of a masked language model
# tensors with a row for each symbol of the dictionary
BY_SYMBOL = (EMBEDDINGS, *(f"{HEADS}{name}" for name in symbol_parameters()))


def copy_tensors(
    model: nn.Module, tensors: Mapping[str, Tensor], path: str, may_lack: Callable[[str], bool]
) -> None:
    """Copies named tensors into a model.

    Args:
        model: the model.
        tensors: the tensors under the model's names; names that it does not have are left out.
        path: where they come from.
        may_lack: whether a tensor of the model keeps its start values if there is none for it.
    Raises:
        UserError: naming everything that does not fit, before anything is copied.
    """
    problems, fitting = Problems(), {}
    for name, target in model.state_dict().items():
        if name.endswith(("_extra_state", "version", "_float_tensor")):
            continue
        stored = tensors.get(name)
        if stored is None:
            if not may_lack(name):
                problems.add(f"{name} is missing")
        elif stored.shape != target.shape:
            problems.add(f"{name} is {tuple(stored.shape)}, not {tuple(target.shape)}")
        else:
            fitting[name] = stored
    if problems.messages:
        first_problems = "; ".join(problems.messages[:5])
        raise UserError(
            f"--init-from {path} does not fit ({len(problems.messages)} tensors: {first_problems}): give the "
            "architecture options it was trained with"
        )
    nn.Module.load_state_dict(model, fitting, strict=False)
    logger.info(f"loaded {len(fitting)} tensors from {path}")


def with_rows_of(
    dictionary: Dictionary, tensors: Mapping[str, Tensor], symbols: Sequence[str]
) -> dict[str, Tensor]:
    """Tensors of which those with a row for each symbol are in the order of a dictionary.

    An embedding that is not there, such as that of a new language's token, is the mean of all.

    Args:
        dictionary: the dictionary.
        tensors: the tensors under our names.
        symbols: the symbols of their rows.
    """
    ordered = dict(tensors)
    if list(symbols) == dictionary.symbols:
        return ordered
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    for name in BY_SYMBOL:
        if name in ordered:
            rows = ordered[name]
            mean = rows.float().mean(0).to(rows.dtype)
            ordered[name] = torch.stack(
                [rows[numbers[s]] if s in numbers else mean for s in dictionary.symbols]
            )
    return ordered
