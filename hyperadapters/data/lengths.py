"""How long a sentence may be for a model, checked before long work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from fairseq.data import FairseqDataset
from fairseq.dataclass import FairseqDataclass
from fairseq.utils import resolve_max_positions

from ..support.errors import UserError, format_list


@dataclass
class LengthOptions(FairseqDataclass):
    """The options of fairseq-train that decide how long a sentence of a validation set may be."""

    max_tokens_valid: Optional[int] = "${oc.select:dataset.max_tokens_valid,null}"
    skip_invalid_size_inputs_valid_test: Optional[bool] = (
        "${oc.select:dataset.skip_invalid_size_inputs_valid_test,null}"
    )


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
            f"sentence {format_list(map(str, long))} is too long: {max(map(int, lengths))} pieces with its "
            f"end, but the model takes {limit}: split it, or leave it out"
        )


def check_dataset(dataset: FairseqDataset, split: str, limits: Any) -> None:
    """Makes sure that a model takes every sentence of a dataset.

    Args:
        dataset: sentences of one direction or cell, or of many.
        split: what to call it.
        limits: most pieces, of each side or of both, as fairseq resolves them.
    Raises:
        UserError: naming the first sentence that is too long, and how many are.
    """
    limits = np.broadcast_to(np.asarray(limits), 2)
    for part in getattr(dataset, "datasets", [dataset]):
        sizes = np.asarray(part.sizes).reshape(len(part), -1)  # [sentences, sides]
        most = limits[: sizes.shape[1]]
        long = np.flatnonzero((sizes > most).any(axis=1))
        if len(long):
            raise UserError(
                f"{split} data of {part.name}: sentence {long[0] + 1} has {sizes[long[0]].max()} pieces, "
                f"but the model takes {most.min()} ({len(long)} such sentences): shorten them or leave "
                "them out, give more --max-source-positions, --max-target-positions or "
                "--max-tokens-valid, or add --skip-invalid-size-inputs-valid-test"
            )


def check_held_out(
    task: Any, options: Any, training_set: FairseqDataset, model_positions: Any
) -> None:
    """Checks the validation sets before training, which would stop at their first long sentence.

    Args:
        task: a fairseq task that trains, whose datasets are loaded.
        options: its settings, with `LengthOptions`.
        training_set: the dataset that is trained on.
        model_positions: how long sentences may be for the model.
    Raises:
        UserError: see `check_dataset`.
    """
    if options.skip_invalid_size_inputs_valid_test:
        return
    limits = resolve_max_positions(task.max_positions(), model_positions, options.max_tokens_valid)
    for split, dataset in task.datasets.items():
        if dataset is not training_set:
            check_dataset(dataset, split, limits)
