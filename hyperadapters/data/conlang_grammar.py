"""What the sentences of the constructed languages can mean, and how meanings are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

PEOPLE = (
    "child woman man king teacher farmer friend doctor hunter singer mother sister "
    "brother smith guest"
).split()
ANIMALS = "dog cat horse bird fish wolf cow bear goat".split()
THINGS = (
    "book stone knife boat letter apple bread cup rope coat drum lamp coin key ring mirror basket"
).split()
PLACES = (
    "house river forest village mountain road field market bridge island garden sea tower lake"
).split()
INTRANSITIVE = "sleep laugh dance wait sing swim cry smile work rest fall speak".split()
TRANSITIVE = (
    "see hear find carry follow love fear seek know help lose hold call paint wash want"
).split()
DITRANSITIVE = "give show send sell bring lend".split()
MOTION = "go run walk come return fly".split()
ADJECTIVES = (
    "big small red white black old young good bad long new strong cold quick quiet happy"
).split()
ADVERBS = "often again here soon slowly well together alone loudly always early".split()
NUMERALS = "one two three four five six seven".split()
STATIC = "in on near under behind beside".split()
PATH = "to from through".split()
PRONOUNS = "I you he we ye they".split()

CONCEPTS: dict[str, str] = {
    concept: upos
    for upos, concepts in (
        ("NOUN", PEOPLE + ANIMALS + THINGS + PLACES),
        ("VERB", INTRANSITIVE + TRANSITIVE + DITRANSITIVE + MOTION),
        ("ADJ", ADJECTIVES),
        ("ADV", ADVERBS),
        ("NUM", NUMERALS),
        ("ADP", STATIC + PATH),
        ("PRON", PRONOUNS),
        ("CCONJ", ["and"]),
        ("PART", ["not"]),
        ("AUX", ["be"]),
        ("DET", ["def", "pl"]),
        ("ADP", ["acc", "dat", "gen"]),
        ("AUX", ["past", "future"]),
    )
    for concept in concepts
}
"""Every concept with its universal part of speech; the last three groups are markers that a
language may use as a word or as a suffix."""

MARKERS = ("def", "pl", "acc", "dat", "gen", "past", "future")
ENTITY_TYPES = ("PER", "LOC", "ORG")


class NounPhrase(NamedTuple):
    """One participant.

    Args:
        kind: `noun`, `pronoun`, or the entity type of a name.
        head: the concept, or the name in its Latin spelling.
        definite, plural: only ever true for nouns.
        numeral: a numeral concept or an empty string; `plural` agrees with it.
        adjectives: the adjective concepts, in alphabetical order.
        owner: none or one noun phrase that has no owner itself.
    """

    kind: str
    head: str
    definite: bool = False
    plural: bool = False
    numeral: str = ""
    adjectives: tuple[str, ...] = ()
    owner: tuple[NounPhrase, ...] = ()


class Meaning(NamedTuple):
    """One clause: hashable, comparable and sortable.

    Args:
        verb: a verb concept, or `be` for a copular clause.
        subjects: one noun phrase, or two that are coordinated.
        tense: `past`, `present` or `future`.
        negated: whether the clause is negated.
        objects, recipients: none or one noun phrase.
        predicate: the adjective of a copular clause, an empty string otherwise.
        adposition: relation to the place, an empty string without a place.
        places: none or one noun phrase.
        adverb: an adverb concept or an empty string.
    """

    verb: str
    subjects: tuple[NounPhrase, ...]
    tense: str
    negated: bool
    objects: tuple[NounPhrase, ...] = ()
    recipients: tuple[NounPhrase, ...] = ()
    predicate: str = ""
    adposition: str = ""
    places: tuple[NounPhrase, ...] = ()
    adverb: str = ""


class Sampler:
    """Draws meanings.

    Args:
        names: the known names of each entity type.
        rng: where every decision comes from.
    """

    MAX_WORDS = 13

    def __init__(self, names: Mapping[str, Sequence[str]], rng: Random) -> None:
        self.names = names
        self.random = rng.random

    def draw(self) -> Meaning:
        """One meaning that is short enough and talks about nobody twice."""
        while True:
            meaning = self._clause()
            phrases = (*meaning.subjects, *meaning.objects, *meaning.recipients, *meaning.places)
            heads = [phrase.head for phrase in phrases]
            heads += [phrase.owner[0].head for phrase in phrases if phrase.owner]
            if len(set(heads)) < len(heads):
                continue
            if self._most_words(meaning, phrases) <= self.MAX_WORDS:
                return meaning

    @staticmethod
    def _most_words(meaning: Meaning, phrases: Sequence[NounPhrase]) -> int:
        """Length in a language that says everything in words of its own, stop included."""
        owners = [owner for phrase in phrases for owner in phrase.owner]
        inside = sum(
            len(phrase.head.split())
            + len(phrase.adjectives)
            + bool(phrase.numeral)
            + phrase.definite
            + phrase.plural
            for phrase in (*phrases, *owners)
        )
        # One word for each relation, including `and`, and one for the full stop.
        relations = len(phrases) - 1 + len(owners)
        around = bool(meaning.predicate) + bool(meaning.adverb) + meaning.negated
        return inside + relations + around + 1 + (meaning.tense != "present") + 1

    def _pick(self, items: Sequence[str]) -> str:
        # Skewed, so that words have frequent and rare members as in real text.
        return items[int(len(items) * self.random() ** 1.6)]

    def _clause(self) -> Meaning:
        chance = self.random()
        adverb = self._pick(ADVERBS) if self.random() < 0.22 else ""
        tense = ("past", "present", "future")[int(3 * self.random())]
        common: dict[str, Any] = {
            "subjects": self._subjects(),
            "tense": tense,
            "negated": self.random() < 0.15,
            "adverb": adverb,
        }
        if chance < 0.20:
            return Meaning(self._pick(INTRANSITIVE), **common, **self._place(0.4))
        if chance < 0.52:
            target = self._noun_phrase(PEOPLE + ANIMALS + THINGS, "PER ORG", 0.06)
            return Meaning(self._pick(TRANSITIVE), objects=(target,), **common, **self._place(0.18))
        if chance < 0.66:
            return Meaning(
                self._pick(DITRANSITIVE),
                objects=(self._noun_phrase(THINGS),),
                recipients=(self._noun_phrase(PEOPLE, "PER ORG", 0.15),),
                **common,
                **self._place(0.05),
            )
        if chance < 0.82:
            return Meaning("be", predicate=self._pick(ADJECTIVES), **common, **self._place(0.12))
        return Meaning(self._pick(MOTION), **common, **self._place(1.0, PATH))

    def _subjects(self) -> tuple[NounPhrase, ...]:
        count = 2 if self.random() < 0.12 else 1
        return tuple(self._noun_phrase(PEOPLE + ANIMALS, "PER ORG", 0.12) for _ in range(count))

    def _place(self, chance: float, adpositions: Sequence[str] = STATIC) -> dict[str, Any]:
        if self.random() >= chance:
            return {}
        return {
            "adposition": self._pick(adpositions),
            "places": (self._noun_phrase(PLACES, "LOC"),),
        }

    def _noun_phrase(
        self, nouns: Sequence[str], types: str = "", pronoun: float = 0.0, owned: float = 0.08
    ) -> NounPhrase:
        chance = self.random()
        if chance < pronoun:
            return NounPhrase("pronoun", self._pick(PRONOUNS))
        if types and chance < pronoun + 0.28:
            kinds = types.split()
            kind = kinds[int(len(kinds) * self.random() ** 1.6)]
            return NounPhrase(kind, self._pick(self.names[kind]))
        numeral = self._pick(NUMERALS) if self.random() < 0.1 else ""
        plural = numeral != "one" if numeral else self.random() < 0.3
        owner: tuple[NounPhrase, ...] = ()
        if self.random() < owned:
            owner = (self._noun_phrase(PEOPLE, "PER ORG", 0.0, owned=0.0),)
        return NounPhrase(
            "noun",
            self._pick(nouns),
            self.random() < 0.55,
            plural,
            numeral,
            self._adjectives(),
            owner,
        )

    def _adjectives(self) -> tuple[str, ...]:
        chance = self.random()
        if chance > 0.27:
            return ()
        count = 1 if chance > 0.04 else 2
        return tuple(sorted({self._pick(ADJECTIVES) for _ in range(count)}))
