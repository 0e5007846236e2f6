"""Rules that say which parameters stay as they are, as predicates on parameter names."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import nn

from ..multitask.all_tasks import TASKS, decoder_task
from ..support.errors import UserError

ADAPTER_PREFIX = "encoder.adapters."
HEADS = "heads."
DECODER = f"{HEADS}{decoder_task(TASKS.names())}."  # the task's head is the backbone's decoder


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


RULES: dict[str, Callable[[str], bool]] = {
    "backbone": is_backbone,
    "backbone_but_norms": lambda name: is_backbone(name) and not is_norm(name),
    "language_adapters": lambda name: name.startswith(ADAPTER_PREFIX + "parts.language."),
}


def backbone_rule(cfg: Any) -> str:
    """The name of the rule that --freeze-backbone follows with a model configuration."""
    return "backbone_but_norms" if getattr(cfg, "train_layer_norms", False) else "backbone"


def freeze(model: nn.Module, *rules: str) -> tuple[int, int]:
    """Stops the parameters that `rules` name from being trained.

    Args:
        model: the model.
        rules: names in `RULES`.
    Returns:
        how many values stay trainable and how many are frozen.
    Raises:
        UserError: if nothing would be frozen or nothing would stay trainable.
    """
    frozen: list[nn.Parameter] = []
    trained: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (frozen if any(RULES[rule](name) for rule in rules) else trained).append(parameter)
    if not trained:
        raise UserError(
            "--freeze-backbone leaves nothing to train: choose an --adapter-source other than none"
        )
    if not frozen:
        raise UserError(f"the rules {', '.join(rules)} freeze no parameter")
    for parameter in frozen:
        parameter.requires_grad_(False)
    return sum(p.numel() for p in trained), sum(p.numel() for p in frozen)


def freeze_all_but(model: nn.Module, names: Collection[str]) -> dict[str, nn.Parameter]:
    """Stops all parameters from being trained but for some.

    Returns:
        these, by name.
    """
    trained = {}
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in names)
        if name in names:
            trained[name] = parameter
    return trained


def freeze_all_but_languages(
    model: nn.Module, path: str, source: str, ids: Sequence[int]
) -> tuple[list["KeptRows"], int]:
    """Stops all parameters from being trained but those that serve some languages alone.

    Args:
        model: the model.
        path: what it starts from, for messages.
        source: the name of its adapter source, for messages.
        ids: ids of the languages.
    Returns:
        the tables of which only some rows may change, and how many values are trained.
    Raises:
        UserError: if there are none.
    """
    parameters = model.encoder.adapters.language_parameters(ids)
    if not parameters:
        raise UserError(
            f"--train-new-languages-only: the adapters of {path} (--adapter-source {source}) depend on no "
            "language: leave it out"
        )
    rows_by_name = {ADAPTER_PREFIX + parameter: rows for parameter, rows in parameters.items()}
    trained = freeze_all_but(model, rows_by_name)
    kept_rows = [
        KeptRows(trained[name], rows) for name, rows in rows_by_name.items() if rows is not None
    ]
    values = sum(p.numel() for p in trained.values()) - sum(k.values.numel() for k in kept_rows)
    return kept_rows, values


class KeptRows:
    """A trained table of which only some rows may change, whatever the optimizer does to it.

    Args:
        table: the parameter [rows, width].
        trained: the rows that may change.
    """

    def __init__(self, table: nn.Parameter, trained: Sequence[int]) -> None:
        self.table = table
        self.kept = torch.ones(table.size(0), dtype=torch.bool)
        self.kept[list(trained)] = False
        self.values = table.detach().clone()[self.kept]

    def drop_gradients(self) -> None:
        """Makes the gradients of the other rows zero, so that clipping does not count them."""
        if self.table.grad is not None:
            self.table.grad[self.kept.to(self.table.device)] = 0

    @torch.no_grad()
    def restore(self) -> None:
        """Undoes what momentum and weight decay did to the other rows."""
        self.table[self.kept.to(self.table.device)] = self.values.to(self.table)
