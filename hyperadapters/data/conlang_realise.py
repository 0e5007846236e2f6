"""From a meaning to a sentence with its tags and tree, in one constructed language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from hyperadapters.data.conlang_family import SPELLING, Typology
from hyperadapters.data.conlang_grammar import CONCEPTS, ENTITY_TYPES, Meaning, NounPhrase
from hyperadapters.data.conlang_lexicon import noun_suffixes


@dataclass(frozen=True)
class Sentence:
    """One sentence with its gold annotation; all tuples have one item a word.

    Args:
        words: the word forms, the last one is a full stop.
        upos: universal parts of speech.
        entities: entity tags (IOB2, types PER, LOC and ORG).
        heads: number of the head word, counted from 1; 0 for the root.
        deprels: universal dependency relations.
    """

    words: tuple[str, ...]
    upos: tuple[str, ...]
    entities: tuple[str, ...]
    heads: tuple[int, ...]
    deprels: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words joined by spaces."""
        return " ".join(self.words)

    def conllu(self) -> str:
        """The sentence as a CoNLL-U block with its closing empty line; entities under MISC."""
        lines = [f"# text = {self.text}"]
        for number, (word, upos, entity, head, deprel) in enumerate(
            zip(self.words, self.upos, self.entities, self.heads, self.deprels), start=1
        ):
            misc = "_" if entity == "O" else f"NER={entity}"
            lines.append(f"{number}\t{word}\t_\t{upos}\t_\t_\t{head}\t{deprel}\t_\t{misc}")
        return "\n".join(lines) + "\n\n"


Token = tuple[str, str, str, int, str]
"""Form, part of speech, entity tag, head relative to this word, dependency relation."""


class Phrase(NamedTuple):
    """Words in order; the token at `root` has no head yet."""

    tokens: tuple[Token, ...]
    root: int


Part = tuple[Phrase, str]
"""A phrase and its dependency relation to the phrase it is attached to."""


def assemble(parts: list[Part], head: int) -> Phrase:
    """Join phrases, and attach the roots of all others to the root of number `head`."""
    tokens: list[Token] = []
    roots = []
    for phrase, _ in parts:
        roots.append(len(tokens) + phrase.root)
        tokens += phrase.tokens
    anchor = roots[head]
    for root, (_, deprel) in zip(roots, parts):
        if root != anchor:
            form, upos, entity, _, _ = tokens[root]
            tokens[root] = (form, upos, entity, anchor - root, deprel)
    return Phrase(tuple(tokens), anchor)


def _wrap(core: Phrase, layers: list[tuple[Phrase, str, str]]) -> Phrase:
    """Attach (phrase, deprel, side) layers to `core`, from the innermost outwards."""
    if not layers:
        return core
    before = [(phrase, deprel) for phrase, deprel, side in reversed(layers) if side == "before"]
    after = [(phrase, deprel) for phrase, deprel, side in layers if side == "after"]
    return assemble([*before, (core, ""), *after], len(before))


class Realiser:
    """Realises meanings in one language.

    Args:
        typology: word order and marking.
        forms: (concept, suffixes) -> form, as `conlang_lexicon.inflect` gives them.
        script: the script the language is written in.
    """

    def __init__(
        self, typology: Typology, forms: dict[tuple[str, tuple[str, ...]], str], script: str
    ) -> None:
        self.typology = typology
        self._spelling = SPELLING[script]
        self._words = {
            key: Phrase(((form.translate(self._spelling), CONCEPTS[key[0]], "O", 0, ""),), 0)
            for key, form in forms.items()
        }
        self._names: dict[str, Phrase] = {}
        self._owner_side = "after" if typology.adposition == "before" else "before"
        # UD: a recipient that an adposition introduces is oblique.
        self._recipient = "iobj" if typology.case == "suffix" else "obl"
        self._stop = Phrase(((".", "PUNCT", "O", 0, ""),), 0)

    def realise(self, meaning: Meaning) -> Sentence:
        """The one sentence that expresses `meaning`."""
        slots = self._slots(meaning)
        parts = [part for slot in self.typology.slots for part in slots.get(slot, ())]
        parts.append((self._stop, "punct"))
        head = next(i for i, (_, deprel) in enumerate(parts) if deprel == "root")
        tokens, root = assemble(parts, head)
        form, upos, entity, _, _ = tokens[root]
        # The root points to itself here, which makes its head 0 below.
        closed = (*tokens[:root], (form, upos, entity, -root - 1, "root"), *tokens[root + 1 :])
        words, tags, entities, offsets, deprels = zip(*closed)
        heads = tuple([number + offset for number, offset in enumerate(offsets, start=1)])
        return Sentence(words, tags, entities, heads, deprels)

    def _slots(self, meaning: Meaning) -> dict[str, list[Part]]:
        slots = {"S": [(self._subjects(meaning.subjects), "nsubj")], "V": self._verb(meaning)}
        if meaning.predicate:
            slots["O"] = [(self._words[meaning.predicate, ()], "root")]
        if meaning.objects:
            slots["O"] = [(self._noun_phrase(meaning.objects[0], "acc"), "obj")]
        if meaning.recipients:
            slots["R"] = [(self._noun_phrase(meaning.recipients[0], "dat"), self._recipient)]
        if meaning.places:
            marker = (self._words[meaning.adposition, ()], "case", self.typology.adposition)
            slots["P"] = [(_wrap(self._noun_phrase(meaning.places[0], ""), [marker]), "obl")]
        if meaning.adverb:
            slots["A"] = [(self._words[meaning.adverb, ()], "advmod")]
        return slots

    def _verb(self, meaning: Meaning) -> list[Part]:
        typology, marked = self.typology, meaning.tense != "present"
        suffixes = (meaning.tense,) if marked and typology.tense == "suffix" else ()
        verb = self._words[meaning.verb, suffixes]
        layers = []
        if marked and not suffixes:
            layers.append(((self._words[meaning.tense, ()], "aux"), typology.adposition))
        if meaning.negated:
            layers.append(((self._words["not", ()], "advmod"), typology.negation))
        before = [part for part, side in reversed(layers) if side == "before"]
        after = [part for part, side in layers if side == "after"]
        return [*before, (verb, "cop" if meaning.predicate else "root"), *after]

    def _subjects(self, subjects: tuple[NounPhrase, ...]) -> Phrase:
        first = self._noun_phrase(subjects[0], "")
        if len(subjects) == 1:
            return first
        second = [(self._words["and", ()], "cc"), (self._noun_phrase(subjects[1], ""), "conj")]
        return assemble([(first, ""), (assemble(second, 1), "conj")], 0)

    def _noun_phrase(self, phrase: NounPhrase, case: str) -> Phrase:
        if phrase.kind == "noun":
            return self._common(phrase, case)
        if phrase.kind in ENTITY_TYPES:
            return _wrap(self._name(phrase), self._marker(case, inflected=False))
        suffixes = noun_suffixes(self.typology, False, False, case)
        return _wrap(self._words[phrase.head, suffixes], self._marker(case, inflected=True))

    def _common(self, phrase: NounPhrase, case: str) -> Phrase:
        typology, words = self.typology, self._words
        plural = phrase.plural and (not phrase.numeral or typology.plural_with_numeral)
        core = words[phrase.head, noun_suffixes(typology, plural, phrase.definite, case)]
        layers = [(words[word, ()], "amod", typology.adjective) for word in phrase.adjectives]
        if plural and typology.plural == "particle":
            layers.append((words["pl", ()], "det", typology.adposition))
        if phrase.numeral:
            layers.append((words[phrase.numeral, ()], "nummod", typology.numeral))
        if phrase.definite and typology.definite != "suffix":
            layers.append((words["def", ()], "det", typology.definite))
        for owner in phrase.owner:
            layers.append((self._noun_phrase(owner, "gen"), "nmod", self._owner_side))
        return _wrap(core, layers + self._marker(case, inflected=True))

    def _marker(self, case: str, inflected: bool) -> list[tuple[Phrase, str, str]]:
        """The case marker as a word: with names always, with others where there is no suffix."""
        if self.typology.case == "suffix":
            needed = bool(case) and not inflected
        else:
            needed = case in ("dat", "gen")
        side = self.typology.adposition
        return [(self._words[case, ()], "case", side)] if needed else []

    def _name(self, phrase: NounPhrase) -> Phrase:
        key = f"{phrase.kind} {phrase.head}"
        if key not in self._names:
            first, *rest = [
                word.lower().translate(self._spelling).capitalize() for word in phrase.head.split()
            ]
            tokens = [(first, "PROPN", f"B-{phrase.kind}", 0, "")]
            tokens += [
                (word, "PROPN", f"I-{phrase.kind}", -1 - index, "flat")
                for index, word in enumerate(rest)
            ]
            self._names[key] = Phrase(tuple(tokens), 0)
        return self._names[key]
