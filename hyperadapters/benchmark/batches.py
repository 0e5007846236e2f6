"""Random batches in the form in which the task collates them."""

from typing import Any

import torch
from fairseq import utils

from .options import BenchmarkOptions
from .systems import System, directions_of


def batch_of(
    system: System, options: BenchmarkOptions, rows: int, directions: int
) -> dict[str, Any]:
    """A batch whose sentences are mixed at random from so many distinct directions.

    Args:
        system: the system whose dictionary and languages it uses.
        options: length of the sentences, seed and device.
        rows: sentences [B].
        directions: distinct directions, each in one sentence at least.
    Returns:
        a batch as the trainer takes it, the same for every call.
    """
    draw = torch.Generator().manual_seed(options.seed)
    dictionary = system.task.source_dictionary
    size = (rows, options.length)
    source, target = (
        torch.randint(dictionary.nspecial, options.vocabulary, size, generator=draw)
        for _ in range(2)
    )
    source[:, -1] = target[:, -1] = dictionary.eos()
    pairs = directions_of(options)
    rows_of_pairs = torch.randperm(len(pairs), generator=draw)[:directions]
    others = torch.randint(directions, (rows - directions,), generator=draw)
    of_rows = rows_of_pairs[torch.cat([torch.arange(directions), others])]
    of_rows = of_rows[torch.randperm(rows, generator=draw)]
    ids = torch.tensor([system.task.languages.direction(pairs[number]) for number in of_rows])
    batch = {
        "id": torch.arange(rows),
        "nsentences": rows,
        "ntokens": target.numel(),
        "net_input": {
            "src_tokens": source,
            "src_lengths": torch.full((rows,), options.length),
            "prev_output_tokens": target.roll(1, dims=1),
            "src_lang_id": ids[:, 0],
            "tgt_lang_id": ids[:, 1],
        },
        "target": target,
    }
    return utils.move_to_cuda(batch) if options.device == "cuda" else batch
