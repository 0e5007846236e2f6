"""Freezing of the parts of a model with tasks that its options do not train."""

import logging
from collections.abc import Sequence
from typing import Any

from torch import nn

from ..pretrained import Pretrained, Training
from ..support.errors import Problems, UserError, format_list
from ..training.freezing import KeptRows, backbone_rule, freeze, freeze_all_but_languages
from .all_tasks import decoder_task
from .cells import Cell

logger = logging.getLogger(__name__)


def apply_freezing(
    model: nn.Module, cfg: Any, start: Pretrained | None, training: Training
) -> list[KeptRows]:
    """Freezes the parameters that the options do not train.

    Args:
        model: the model.
        cfg: its complete configuration.
        start: the checkpoint given as --init-from.
        training: what is to be trained.
    Returns:
        the trained tables of which only some rows may change.
    Raises:
        UserError: if the options do not go with each other or with the checkpoint.
    """
    if cfg.train_new_languages_only:
        return only_new_languages(model, start, training)
    rules = []
    if cfg.freeze_backbone:
        check_decoder(start, training)
        rules.append(backbone_rule(cfg))
    # without trained language adapters to start from, both are trained together
    if cfg.adapter_source == "stack" and start and start.source and not cfg.train_language_adapters:
        check_language_adapters(start, training.cells)
        rules.append("language_adapters")
    if rules:
        trained, frozen = freeze(model, *rules)
        logger.info(f"frozen: {trained:,} values are trained, {frozen:,} are not")
    return []


def count_trained_values(model: nn.Module, kept_rows: Sequence[KeptRows]) -> int:
    """Counts the values that training changes.

    Args:
        model: the model after `apply_freezing`.
        kept_rows: what that returned.
    """
    total = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return total - sum(rows.values.numel() for rows in kept_rows)


def check_decoder(start: Pretrained | None, training: Training) -> None:
    """Raises:
    UserError: if a decoder without trained weights would be frozen.
    """
    task = decoder_task(training.tables.tasks)
    if start and task and not start.has_decoder:
        raise UserError(
            f"--freeze-backbone: {start.path} has no decoder, and that of {task} would stay as "
            f"it is drawn: leave out --freeze-backbone or the {task} cells"
        )


def check_language_adapters(start: Pretrained, cells: Sequence[Cell]) -> None:
    """Raises:
    UserError: if a task adapter would be trained on top of language adapters that are not.
    """
    missing = start.new_languages(cells)
    if missing:
        raise UserError(
            f"{start.path} has no trained language adapter of {format_list(missing)}: train it first with "
            f"--adapter-source language and the cell mlm:{missing[0]}, or give "
            "--train-language-adapters"
        )


def only_new_languages(
    model: nn.Module, start: Pretrained | None, training: Training
) -> list[KeptRows]:
    """Freezes all but the weights that serve the new languages alone.

    Returns:
        the tables of which they are rows.
    Raises:
        UserError: if there is no new language, or a cell needs anything else to be trained.
    """
    option = "--train-new-languages-only"
    if start is None or start.source is None:
        raise UserError(
            f"{option}: give a checkpoint of --task hyperx that has adapters as --init-from"
        )
    new = start.new_languages(training.cells)
    if not new:
        raise UserError(
            f"{option}: {start.path} was trained with all of these languages: give cells of others"
        )
    problems = Problems()
    known_tasks = {name.split(":")[0] for name in start.cells}
    for cell in training.cells:
        if not set(cell.direction) & set(new):
            problems.add(f"{option}: {cell.name} has no new language and would train nothing")
        if cell.task not in known_tasks:
            problems.add(
                f"{option}: {start.path} was not trained with the task {cell.task}, whose head would "
                "stay as it is drawn"
            )
    problems.raise_if_any()
    ids = [training.tables.languages.index(code) for code in new]
    kept_rows, values = freeze_all_but_languages(model, start.path, start.source, ids)
    logger.info(f"frozen: only {values:,} values of {', '.join(new)} are trained")
    return kept_rows
