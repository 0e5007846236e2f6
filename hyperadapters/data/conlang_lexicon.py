"""Words of the constructed languages: proto-forms, sound changes, replacement, inflection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from math import exp
from random import Random

from hyperadapters.data.conlang_family import PATHS, Node, Typology
from hyperadapters.data.conlang_grammar import CONCEPTS, MARKERS

Lexicon = dict[str, str]
"""Concept -> form, one ASCII letter a phoneme (`S` and `C` are the sounds of ship and chip)."""

REPLACEMENT_RATE = 0.4
"""Words replaced per unit of edge length: a third on a branch edge, 6 % on a language edge."""

CHANGES_PER_LENGTH = 7

SOUND_CHANGES = tuple(
    (re.compile(before.replace("V", "[aeiouy]")), after)
    for before, after in (
        ("p", "f"),
        ("k(?=[ei])", "C"),
        ("s(?=[ei])", "S"),
        ("t(?=i)", "C"),
        ("g(?=[ei])", "j"),
        ("(?<=V)t(?=V)", "d"),
        ("(?<=V)k(?=V)", "g"),
        ("(?<=V)p(?=V)", "b"),
        ("(?<=V)s(?=V)", "z"),
        ("(?<=V)b(?=V)", "v"),
        ("(?<=V)d(?=V)", "z"),
        ("(?<=V)g(?=V)", "h"),
        ("(?<=V)n(?=V)", "r"),
        ("b", "p"),
        ("d", "t"),
        ("w", "v"),
        ("^k", "x"),
        ("^h(?=V.)", ""),
        ("^s", "h"),
        ("j", "z"),
        ("l$", "w"),
        ("m$", "n"),
        ("r$", "l"),
        ("(?<=V)n$", "m"),
        ("t$", "s"),
        ("k$", "x"),
        ("o", "u"),
        ("e$", "i"),
        ("a$", "o"),
        ("u(?=[^aeiouy]+[ei])", "y"),
        ("(?<=V.)[ei]$", ""),
        ("a(?=[^aeiouy]+i)", "e"),
        ("o(?=[^aeiouy]+u)", "a"),
        ("^V(?=[^aeiouy])", r"h\g<0>"),
        ("(?<=V)l(?=V)", "r"),
        ("^r", "l"),
        ("n(?=[pb])", "m"),
        ("(?<=V)[mn](?=[kg])", ""),
        ("e", "a"),
        ("i(?=[rl])", "e"),
    )
)
"""Regular sound changes that an edge of the tree may undergo, as pattern and replacement."""

_ONSETS, _VOWELS, _CODAS = "ptkbdgmnslrhwj", "aeiou", "nrlstkm"


def _syllable(rng: Random, coda: float) -> str:
    syllable = rng.choice(_ONSETS) + rng.choice(_VOWELS)
    return syllable + rng.choice(_CODAS) if rng.random() < coda else syllable


def coin(concept: str, rng: Random) -> str:
    """A new form for `concept`: one syllable for grammatical words, mostly two otherwise."""
    if concept in MARKERS or CONCEPTS[concept] in ("AUX", "CCONJ", "PART", "PRON", "ADP"):
        return _syllable(rng, coda=0.4)
    syllables = rng.choices((1, 2, 3), (1, 15, 3))[0]
    return "".join(_syllable(rng, coda=0.9 if syllables == 1 else 0.2) for _ in range(syllables))


def _separate(lexicon: Lexicon, seed: str) -> Lexicon:
    """Lengthen the later one of two words that fell together, as living languages do."""
    words_by_form: dict[str, str] = {}
    for concept, form in lexicon.items():
        rng = Random(f"{seed}/separate/{concept}")
        while form in words_by_form:
            form += _syllable(rng, coda=0.0)
        words_by_form[form] = concept
    return {concept: form for form, concept in words_by_form.items()}


def _apply_changes(lexicon: Lexicon, count: int, rng: Random) -> Lexicon:
    """Apply `count` sound changes, each of which must touch some words, in the order drawn."""
    rules = list(SOUND_CHANGES)
    rng.shuffle(rules)
    for pattern, replacement in rules:
        if count == 0:
            break
        changed = {concept: pattern.sub(replacement, form) for concept, form in lexicon.items()}
        touched = sum(changed[concept] != form for concept, form in lexicon.items())
        if touched >= 0.04 * len(lexicon):
            lexicon, count = changed, count - 1
    return lexicon


def inherit(parent: Lexicon, node: Node, seed: str) -> Lexicon:
    """The lexicon at the lower end of an edge.

    Args:
        parent: the lexicon at its upper end.
        node: the node below the edge.
        seed: seed of the family.
    """
    replaced = 1 - exp(-REPLACEMENT_RATE * node.length)
    lexicon = {}
    for concept, form in parent.items():
        rng = Random(f"{seed}/{node.name}/{concept}")
        lexicon[concept] = coin(concept, rng) if rng.random() < replaced else form
    count = max(1, round(CHANGES_PER_LENGTH * node.length))
    changed = _apply_changes(lexicon, count, Random(f"{seed}/{node.name}/changes"))
    return _separate(changed, f"{seed}/{node.name}")


def lexicon_of(code: str, seed: str) -> Lexicon:
    """The lexicon of the language `code` in the family with this `seed`."""
    root = {concept: coin(concept, Random(f"{seed}/proto/{concept}")) for concept in CONCEPTS}
    lexicon = _separate(root, f"{seed}/proto")
    for node in PATHS[code][1:]:
        lexicon = inherit(lexicon, node, seed)
    return lexicon


def noun_suffixes(typology: Typology, plural: bool, definite: bool, case: str) -> tuple[str, ...]:
    """The markers that a noun carries as suffixes; what is left takes a word of its own."""
    return (
        *(("pl",) if plural and typology.plural == "suffix" else ()),
        *(("def",) if definite and typology.definite == "suffix" else ()),
        *((case,) if case and typology.case == "suffix" else ()),
    )


def _suffix_chains(upos: str, typology: Typology) -> Iterator[tuple[str, ...]]:
    if upos in ("NOUN", "PRON"):
        flags = (False, True) if upos == "NOUN" else (False,)
        for plural, definite, case in product(flags, flags, ("", "acc", "dat", "gen")):
            yield noun_suffixes(typology, plural, definite, case)
    else:
        yield ()
        if upos == "VERB" and typology.tense == "suffix":
            yield from (("past",), ("future",))


def _separate_suffixes(lexicon: Lexicon, typology: Typology, seed: str) -> Lexicon:
    """Lengthen markers until no two chains of suffixes sound alike."""
    chains = set(_suffix_chains("NOUN", typology)) | set(_suffix_chains("VERB", typology))
    lexicon, rng = dict(lexicon), Random(f"{seed}/suffixes")
    while len({"".join(lexicon[marker] for marker in chain) for chain in chains}) < len(chains):
        lexicon[rng.choice(MARKERS)] += _syllable(rng, coda=0.0)
    return lexicon


def inflect(
    lexicon: Lexicon, typology: Typology, reserved: set[str], seed: str
) -> dict[tuple[str, tuple[str, ...]], str]:
    """Every form of every word, all of them different.

    Args:
        lexicon: the stems; one is lengthened where a form of it would be ambiguous.
        typology: which markers are suffixes.
        reserved: forms that names occupy.
        seed: seed for lengthening.

    Returns:
        (concept, suffixes) -> form.
    """
    lexicon = _separate_suffixes(lexicon, typology, seed)
    forms: dict[tuple[str, tuple[str, ...]], str] = {}
    # Markers first: a stem can be lengthened, a suffix is shared by all of them.
    for concept in sorted(lexicon, key=lambda concept: concept not in MARKERS):
        rng, stem = Random(f"{seed}/inflect/{concept}"), lexicon[concept]
        chains = set(_suffix_chains("VERB" if concept == "be" else CONCEPTS[concept], typology))
        while True:
            mine = {chain: stem + "".join(lexicon[marker] for marker in chain) for chain in chains}
            if reserved.isdisjoint(mine.values()):
                break
            stem += _syllable(rng, coda=0.0)
        reserved = reserved.union(mine.values())
        forms.update(((concept, chain), form) for chain, form in mine.items())
    return forms


def invent_names(seed: str) -> dict[str, tuple[str, ...]]:
    """Entity type -> names in Latin spelling, some of two words; no two share a word."""
    rng = Random(f"{seed}/names")
    words: dict[str, None] = {}
    while len(words) < 90:
        words["".join(_syllable(rng, coda=0.35) for _ in range(2)).capitalize()] = None
    stock = iter(words)
    return {
        kind: tuple(
            f"{next(stock)} {next(stock)}" if index % every == every - 1 else next(stock)
            for index in range(count)
        )
        for kind, count, every in (("PER", 26, 2), ("LOC", 20, 5), ("ORG", 14, 3))
    }
