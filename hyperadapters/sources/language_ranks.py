"""Stored adapters of some languages that are smaller than those of the others."""

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor

from ..adapters import AdapterKind, LayerShape
from ..support.errors import UserError, did_you_mean

# the rank of a language by point; "" stands for all others
LanguageRanks = Mapping[int, Mapping[str, int]]

OPTION = "--adapter-language-ranks"


def parse_language_ranks(
    text: str | None, languages: Sequence[str], kind: AdapterKind
) -> LanguageRanks:
    """Reads the ranks that a user chooses for languages.

    Args:
        text: a comma-separated list of LANG=RANK or LANG@POINT=RANK.
        languages: the codes, in the order of their ids.
        kind: the adapter kind.
    Returns:
        by language id, the rank by point.
    Raises:
        UserError: for another form, an unknown language or point, a kind without a rank, or one that
            is not smaller.
    """
    ranks: dict[int, dict[str, int]] = {}
    for entry in filter(None, map(str.strip, (text or "").split(","))):
        name, _, rank = entry.partition("=")
        language, _, point = name.partition("@")
        if not rank.isdecimal() or int(rank) < 1:
            raise UserError(
                f"{OPTION} {entry}: write LANG=RANK or LANG@POINT=RANK, as en=2 or de@ffn.hidden=4"
            )
        if language not in languages:
            raise UserError(f"{OPTION} {entry}: {did_you_mean(language, languages)}")
        if point and point not in kind.points:
            raise UserError(f"{OPTION} {entry}: these adapters act at {', '.join(kind.points)}")
        sizes = [
            spec.shape[spec.rank_axis]
            for place in ([point] if point else kind.points)
            for spec in kind.point_tensors(place, 1, 1).values()
            if spec.rank_axis is not None and not spec.is_shared
        ]
        if not sizes:
            raise UserError(f"{OPTION} {entry}: adapters of this kind have no rank of their own")
        if int(rank) > max(sizes):
            raise UserError(f"{OPTION} {entry}: the others have {max(sizes)}, give at most that")
        ranks.setdefault(languages.index(language), {})[point] = int(rank)
    return ranks


def surplus(
    ranks: LanguageRanks,
    languages: Sequence[int],
    kind: AdapterKind,
    layer: LayerShape,
    tensors: Mapping[str, Tensor],
) -> Iterator[Tensor]:
    """The parts of stored tensors beyond the rank of their languages.

    Where all of them are zero an adapter does what a smaller one does, and since each is multiplied by
    another no gradient reaches them.

    Args:
        ranks: by language id and point.
        languages: ids of the languages that the tensors belong to; the smallest rank counts.
        kind: the adapter kind.
        layer: the dimensions of the layers.
        tensors: the stored tensors [sites, *shape].
    """
    chosen = [ranks[language] for language in languages if language in ranks]
    for point, names in kind.layout(layer).items():
        limits = [by_point.get(point, by_point.get("", 0)) for by_point in chosen]
        limit = min(filter(None, limits), default=None)
        widths = layer.widths(point)
        if limit is None or widths is None:
            continue
        for name, spec in kind.point_tensors(point, *widths).items():
            axis = spec.rank_axis
            if axis is not None and limit < spec.shape[axis]:
                yield tensors[names[name]].narrow(1 + axis, limit, spec.shape[axis] - limit)
