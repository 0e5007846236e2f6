"""The family tree of the constructed languages, their scripts and their word order, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Node:
    """One node of the family tree.

    Args:
        name: language code of a leaf, name of a branch or sub-branch otherwise.
        length: length of the edge from the parent; it sets how many sound changes happen on
            the edge and how many words are replaced.
        children: the daughter nodes, empty for a language.
    """

    name: str
    length: float
    children: tuple[Node, ...] = ()


TREE = Node(
    "proto",
    0.0,
    (
        Node(
            "a",
            1.0,
            (
                Node("a1", 0.15, (Node("qaa", 0.15), Node("qab", 0.15))),
                Node("qac", 0.25),
            ),
        ),
        Node(
            "b",
            0.9,
            (
                Node("qba", 0.25),
                Node("b1", 0.15, (Node("qbb", 0.15), Node("qbc", 0.15))),
            ),
        ),
        Node(
            "c",
            1.1,
            (
                Node("c1", 0.15, (Node("qca", 0.15), Node("qcb", 0.15))),
                Node("qcc", 0.25),
            ),
        ),
    ),
)


def _paths(node: Node, above: tuple[Node, ...] = ()) -> Iterator[tuple[str, tuple[Node, ...]]]:
    path = (*above, node)
    if not node.children:
        yield node.name, path
    for child in node.children:
        yield from _paths(child, path)


PATHS: dict[str, tuple[Node, ...]] = dict(_paths(TREE))
"""Language code -> the nodes from the root down to the language."""

CODES: tuple[str, ...] = tuple(PATHS)


@dataclass(frozen=True)
class Typology:
    """How a language orders and marks things; `before` and `after` are relative to the head.

    Args:
        order: basic word order, `SVO`, `SOV` or `VSO`.
        adjective: side of the adjective.
        numeral: side of the numeral.
        adposition: side of adpositions and of every other particle that marks a noun; an owner
            stands on the opposite side, the tense auxiliary on the same one.
        case: `suffix` (accusative, dative and genitive suffixes on nouns and pronouns) or
            `order` (object by position, recipient and owner by adposition).
        plural: `suffix` or `particle`.
        plural_with_numeral: whether a noun is also marked plural after a numeral.
        tense: `suffix` or `auxiliary`; the present is unmarked.
        definite: article `before` or `after` the noun, or `suffix`.
        negation: side of the negative particle, relative to the verb.
        adverb: `first` in the sentence or `inside` the clause.
    """

    order: str
    adjective: str
    numeral: str
    adposition: str
    case: str
    plural: str
    plural_with_numeral: bool
    tense: str
    definite: str
    negation: str
    adverb: str

    @property
    def slots(self) -> str:
        """Order of Subject, Verb, Object (or predicate), Recipient, Place and Adverb."""
        slots = {"SVO": "SVORPA", "SOV": "SAPROV", "VSO": "VSORPA"}[self.order]
        return slots if self.adverb == "inside" else "A" + slots.replace("A", "")


BRANCH_TYPOLOGY = {
    "a": Typology(
        "SVO",
        "before",
        "before",
        "before",
        "order",
        "suffix",
        True,
        "suffix",
        "before",
        "before",
        "inside",
    ),
    "b": Typology(
        "SOV",
        "before",
        "before",
        "after",
        "suffix",
        "suffix",
        False,
        "suffix",
        "after",
        "after",
        "inside",
    ),
    "c": Typology(
        "VSO",
        "after",
        "before",
        "before",
        "order",
        "particle",
        True,
        "auxiliary",
        "before",
        "before",
        "first",
    ),
}

OVERRIDES: dict[str, dict[str, Any]] = {
    "qab": {"definite": "suffix"},
    "qac": {"adjective": "after", "tense": "auxiliary"},
    "qbb": {"plural": "particle", "definite": "suffix"},
    "qbc": {"order": "SVO", "plural_with_numeral": True},
    "qcb": {"order": "SVO", "definite": "after", "adverb": "inside"},
    "qcc": {"case": "suffix", "numeral": "after", "tense": "suffix"},
}

SCRIPTS = {
    "qaa": "latin",
    "qab": "latin",
    "qac": "cyrillic",
    "qba": "cyrillic",
    "qbb": "cyrillic",
    "qbc": "latin",
    "qca": "greek",
    "qcb": "greek",
    "qcc": "cyrillic",
}

_PHONEMES = "aeiouyptkbdgmnszfvxhlrjwSC"
# One letter a phoneme, and only letters that Unicode normalisation leaves alone: spelling must
# stay reversible after sentencepiece.
SPELLING = {
    "latin": str.maketrans(_PHONEMES, "aeiouyptkbdgmnszfvxhlrjwšč"),
    "cyrillic": str.maketrans(_PHONEMES, "аеиоуыпткбдгмнсзфвхһлрйўшч"),
    "greek": str.maketrans(_PHONEMES, "αειουηπτκβδγμνσζφϝχψλρϳωϸξ"),
}


def check_code(code: str) -> str:
    """Return `code`, or raise UserError naming the nearest known one."""
    if code not in PATHS:
        from hyperadapters.support.errors import UserError, did_you_mean

        raise UserError(f"unknown language '{code}': {did_you_mean(str(code), CODES)}")
    return code


def branch_of(code: str) -> str:
    """Name of the branch that the language `code` belongs to."""
    return PATHS[check_code(code)][1].name


def distance(a: str, b: str) -> float:
    """Sum of the edge lengths on the path between the languages `a` and `b`."""
    first = {node.name: node.length for node in PATHS[check_code(a)]}
    second = {node.name: node.length for node in PATHS[check_code(b)]}
    apart = sorted(first.keys() ^ second.keys())
    return round(sum({**first, **second}[name] for name in apart), 9)


def typology_of(code: str) -> Typology:
    """The typology of the language `code`: that of its branch, with its own overrides."""
    return replace(BRANCH_TYPOLOGY[branch_of(code)], **OVERRIDES.get(code, {}))
