"""What a checkpoint holds about each language: embeddings, and adapters as they are generated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tqdm import tqdm

from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.selection import select_directions
from ..sources import AdapterSource, Condition
from ..sources.baked import sources_by_name
from ..support.errors import UserError
from ..support.languages import Languages

EMBEDDINGS = {
    "languages": "language embeddings",
    "src": "source embeddings",
    "tgt": "target embeddings",
}
ROLES = {"encoder": "src", "decoder": "tgt"}


@dataclass(frozen=True)
class Vectors:
    """One vector a language.

    Args:
        title: what they are.
        codes: the languages.
        values: [languages, width].
    """

    title: str
    codes: tuple[str, ...]
    values: np.ndarray


def vectors_of(checkpoint: Checkpoint, codes: Sequence[str] = ()) -> list[Vectors]:
    """The language embeddings of a hypernetwork and the adapters of any source.

    A language counts in the roles (source, target) that it has among the checkpoint's directions;
    elsewhere its values were never trained.

    Args:
        checkpoint: the checkpoint.
        codes: the languages; none for all.
    Raises:
        UserError: for an unknown language, or if no adapter depends on a language.
    """
    languages = checkpoint.languages
    directions = [languages.direction(pair) for pair in select_directions(checkpoint, "trained")]
    for code in codes:
        languages.id(code)
    chosen_codes = tuple(codes) or languages.codes
    vector_sets = []
    for name, source in sources_by_name(checkpoint.adapters.eval()).items():
        of_source = embeddings(source, languages, directions, chosen_codes)
        of_source += [
            adapters(source, languages, directions, chosen_codes, side)
            for side, role in ROLES.items()
            if role in source.config.inputs[side]
        ]
        prefix = f"{name}: " if name else ""
        vector_sets += [
            replace(vectors, title=prefix + vectors.title)
            for vectors in of_source
            if len(vectors.codes) > 2
        ]
    if not vector_sets:
        raise UserError(
            f"{checkpoint.path}: no three languages have adapters or embeddings of their own "
            f"(--adapter-source {checkpoint.config.adapter_source}), so there is nothing to relate"
        )
    return vector_sets


def embeddings(
    source: AdapterSource, languages: Languages, directions: list[tuple[int, int]],
    chosen_codes: Sequence[str],
) -> list[Vectors]:  # fmt: skip
    """The language embeddings of a hypernetwork, if the source is one."""
    vector_sets = []
    for table, module in getattr(source, "embeddings", {}).items():
        if table in EMBEDDINGS:
            roles = [
                side for side, name in enumerate(("src", "tgt")) if table in (name, "languages")
            ]
            occurring = {pair[role] for pair in directions for role in roles}
            codes = tuple(code for code in chosen_codes if languages.id(code) in occurring)
            rows = [languages.id(code) for code in codes]
            vector_sets.append(
                Vectors(EMBEDDINGS[table], codes, module.weight.detach()[rows].numpy())
            )
    return vector_sets


@torch.no_grad()
def adapters(
    source: AdapterSource, languages: Languages, directions: list[tuple[int, int]],
    chosen_codes: Sequence[str], side: str,
) -> Vectors:  # fmt: skip
    """The adapters of all layers of a side, laid end to end, for every language.

    Where a side depends on both languages, a language's adapters are the mean over its directions.

    Args:
        source: where they come from.
        languages: the language table.
        directions: the directions as (source id, target id).
        chosen_codes: the languages that are wanted.
        side: "encoder", whose adapters belong to source languages, or "decoder", to target languages.
    """
    inputs, role = source.config.inputs[side], ("encoder", "decoder").index(side)
    of_language: dict[str, np.ndarray] = {}
    for code in tqdm(chosen_codes, desc=f"{side} adapters"):
        pairs = torch.tensor([pair for pair in directions if pair[role] == languages.id(code)])
        if not len(pairs):
            continue
        ids = {"src": pairs[:, 0], "tgt": pairs[:, 1]}
        condition = Condition.from_ids(ids, inputs, like=pairs)
        sites = source({side: condition})[side]
        parts = [tensor.mean(0).flatten() for weights in sites for tensor in weights.values()]
        of_language[code] = torch.cat(parts).numpy()
    values = np.stack(list(of_language.values())) if of_language else np.empty((0, 0))
    return Vectors(f"{side} adapters", tuple(of_language), values)
