"""A constructed language family: N-way parallel sentences with gold tags, entities and trees.

Everything follows from one seed, in every Python process alike. The languages are related by a
known tree (`conlang_family`), share words up to regular sound changes (`conlang_lexicon`), and
express the same meanings (`conlang_grammar`) through their own grammar (`conlang_realise`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from hyperadapters.data import conlang_family as family
from hyperadapters.data.conlang_grammar import Meaning, Sampler
from hyperadapters.data.conlang_lexicon import Lexicon, inflect, invent_names, lexicon_of
from hyperadapters.data.conlang_realise import Realiser, Sentence

__all__ = ["Family", "Meaning", "Sentence", "training_sizes"]


class Family:
    """Nine related languages in three branches.

    Args:
        seed: decides words, sound changes and names; tree, typology and scripts are fixed.
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.languages: tuple[str, ...] = family.CODES
        self.tree: family.Node = family.TREE
        self.names: dict[str, tuple[str, ...]] = invent_names(str(seed))
        self._realisers: dict[str, Realiser] = {}

    def branch_of(self, code: str) -> str:
        """Name of the branch that the language `code` belongs to."""
        return family.branch_of(code)

    def distance(self, a: str, b: str) -> float:
        """Sum of the edge lengths on the path between the languages `a` and `b`."""
        return family.distance(a, b)

    def script_of(self, code: str) -> str:
        """Script of the language `code`: `latin`, `cyrillic` or `greek`."""
        return family.SCRIPTS[family.check_code(code)]

    def lexicon(self, code: str) -> Lexicon:
        """Concept -> stem in the language `code`, in phonemes, so that scripts do not matter."""
        return lexicon_of(family.check_code(code), str(self.seed))

    def meanings(
        self, count: int, seed: int | str, exclude: Iterable[Meaning] = ()
    ) -> Iterator[Meaning]:
        """Draw distinct meanings.

        Args:
            count: how many.
            seed: a number or a name such as `train`; different seeds draw independently, hence
                may share meanings.
            exclude: meanings to leave out; pass the valid and test meanings here to keep the
                training meanings apart from them.
        """
        sampler = Sampler(self.names, Random(f"{self.seed}/meanings/{seed}"))
        used_meanings = set(exclude)
        number = len(used_meanings) + count
        while len(used_meanings) < number:
            meaning = sampler.draw()
            if meaning not in used_meanings:
                used_meanings.add(meaning)
                yield meaning

    def realise(self, meaning: Meaning, code: str) -> Sentence:
        """The one sentence of the language `code` that expresses `meaning`."""
        realiser = self._realisers.get(code)
        if realiser is None:
            realiser = self._realisers[code] = self._build(family.check_code(code))
        return realiser.realise(meaning)

    def _build(self, code: str) -> Realiser:
        typology = family.typology_of(code)
        taken = {
            word.lower() for names in self.names.values() for name in names for word in name.split()
        }
        forms = inflect(self.lexicon(code), typology, taken, f"{self.seed}/{code}")
        return Realiser(typology, forms, self.script_of(code))


def training_sizes(languages: Sequence[str], largest: int, smallest: int) -> dict[str, int]:
    """Imbalanced numbers of training sentences, falling geometrically.

    The branches take turns, so that each one gets a large, a middle and a small language.

    Args:
        languages: codes; the first one is the hub and gets `largest`.
        largest: sentences of the largest language.
        smallest: sentences of the smallest language.

    Returns:
        language code -> number of sentences, in the order of `languages`.
    """
    if not largest >= smallest >= 1:
        from hyperadapters.support.errors import UserError

        raise UserError(f"training sizes need largest >= smallest >= 1, not {largest}, {smallest}")
    branches: dict[str, list[str]] = {}
    for code in dict.fromkeys(languages):
        branches.setdefault(family.branch_of(code), []).append(code)
    turns = sorted(
        (position, branch, code)
        for branch, members in enumerate(branches.values())
        for position, code in enumerate(members)
    )
    ratio = (smallest / largest) ** (1 / max(1, len(turns) - 1))
    sizes = {code: round(largest * ratio**rank) for rank, (_, _, code) in enumerate(turns)}
    return {code: sizes[code] for code in dict.fromkeys(languages)}
