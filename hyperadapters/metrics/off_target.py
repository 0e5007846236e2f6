"""How many translations are in another language than the target language."""

from collections.abc import Mapping, Sequence
from typing import Any

from .language_id import LanguageIdentifier


def has_letters(sentence: str) -> bool:
    """Whether a sentence has a letter, without which it is in no language."""
    return any(character.isalpha() for character in sentence)


class OffTarget:
    """Rates of translations in a wrong language, and how far the identifier can be trusted.

    Args:
        identifier: names the languages.
        learnt: the sentences that it learns from, by language, see `sentences_to_learn`.
        references: the references of the evaluation, by language: where there is nothing else to
            learn a language from, the identifier learns from them; else they are held out.
    """

    def __init__(
        self,
        identifier: LanguageIdentifier,
        learnt: Mapping[str, Sequence[str]],
        references: Mapping[str, Sequence[str]],
    ) -> None:
        self.identifier = identifier
        self.references = references
        self.untaught: list[str] = []  # languages to learn from nothing but the references
        self.learnt = dict(learnt)
        if identifier.fits:
            self.untaught = sorted(code for code in references if not learnt.get(code))
            self.learnt.update({code: references[code] for code in self.untaught})
            identifier.fit(self.learnt)

    def rate(
        self, sentences: Sequence[str], language: str, references: Sequence[str] = ()
    ) -> float:
        """The fraction of sentences that are in another language or in none.

        Args:
            sentences: the sentences; those without a letter can be in any language.
            language: the language that they should be in.
            references: of each sentence, if there are any: where the reference has letters, a
                sentence without is in no language, an empty one too.
        """
        with_letters = [sentence for sentence in dict.fromkeys(sentences) if has_letters(sentence)]
        languages_by_sentence = dict(
            zip(with_letters, self.identifier.identify(with_letters) if with_letters else ())
        )
        wrong = sum(
            languages_by_sentence.get(sentence, language) != language for sentence in sentences
        )
        wrong += sum(
            has_letters(reference) and not has_letters(sentence)
            for sentence, reference in zip(sentences, references)
        )
        return wrong / len(sentences) if sentences else 0.0

    def report(self, name: str) -> dict[str, Any]:
        """What a reader must know of the identifier, in plain containers.

        Args:
            name: how the user named it.
        """
        errors = {
            code: round(self.rate(sentences, code), 4)
            for code, sentences in sorted(self.references.items())
            if code not in self.untaught
        }
        return {
            "name": name,
            "learnt_sentences": {
                code: len(sentences) for code, sentences in sorted(self.learnt.items())
            },
            "learnt_from_references": self.untaught,
            "reference_error": round(sum(errors.values()) / len(errors), 4) if errors else None,
            "reference_errors": errors,
        }
