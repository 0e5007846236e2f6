"""Which language a sentence is in."""

import shlex
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from ..support.errors import UserError, did_you_mean, format_list
from ..support.language_facts import language_of
from ..support.registry import Registry

UNKNOWN = ""


class LanguageIdentifier(ABC):
    """Names the language of sentences.

    Args:
        languages: the codes of the evaluation.
    Raises:
        UserError: if it is not installed, or does not know one of the languages.
    """

    fits = False  # whether it learns from the sentences that `fit` gets

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = list(languages)

    def fit(self, texts: Mapping[str, Sequence[str]]) -> None:  # noqa: B027
        """Learns from sentences by language."""

    @abstractmethod
    def identify(self, sentences: Sequence[str]) -> list[str]:
        """The code of each sentence's language; `UNKNOWN` for one that is none of ours."""


IDENTIFIERS: Registry = Registry("language identifier")


@IDENTIFIERS.register("ngrams")
class CharacterNgrams(LanguageIdentifier):
    """Naive Bayes on counts of character n-grams, 1 to 4 characters within words, all languages
    equally likely. Of 51 languages with 1,000 sentences each it took 0.4 % of others for another
    language (docs of `hyperadapters evaluate`)."""

    fits = True
    FEATURES, SMOOTHING = 2**16, 0.01

    def fit(self, texts: Mapping[str, Sequence[str]]) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer
        from sklearn.naive_bayes import MultinomialNB
        from sklearn.pipeline import make_pipeline

        counts = HashingVectorizer(
            analyzer="char_wb", ngram_range=(1, 4), n_features=self.FEATURES,
            alternate_sign=False, norm=None,
        )  # fmt: skip
        self.model = make_pipeline(counts, MultinomialNB(alpha=self.SMOOTHING, fit_prior=False))
        codes = [code for code, sentences in texts.items() for _ in sentences]
        self.model.fit([sentence for sentences in texts.values() for sentence in sentences], codes)

    def identify(self, sentences: Sequence[str]) -> list[str]:
        return self.model.predict(list(sentences)).tolist() if sentences else []


@IDENTIFIERS.register("lingua")
class Lingua(LanguageIdentifier):
    """The package lingua-language-detector, with the languages of the evaluation only."""

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__(languages)
        try:
            import lingua
        except ImportError as error:
            raise UserError(
                "--language-identifier lingua: pip install lingua-language-detector, or leave the "
                "option out"
            ) from error
        names: dict[str, str] = {}
        for language in lingua.Language.all():
            for code in (language.iso_code_639_1, language.iso_code_639_3):
                names[code.name.lower()] = language
        unknown = [code for code in languages if language_of(code) not in names]
        if unknown:
            raise UserError(
                f"--language-identifier lingua does not know {format_list(unknown)}: leave it out"
            )
        self.codes: dict[Any, str] = {names[language_of(code)]: code for code in languages}
        builder = lingua.LanguageDetectorBuilder.from_languages(*self.codes)
        self.detector = builder.build()

    def identify(self, sentences: Sequence[str]) -> list[str]:
        languages = self.detector.detect_languages_in_parallel_of(list(sentences))
        return [self.codes.get(language, UNKNOWN) for language in languages]


class Command(LanguageIdentifier):
    """A command that reads sentences, one a line, and writes one label a line.

    A label is a code of the evaluation or the language that a code begins with (`de` for `de_DE`);
    what fastText puts before its labels (`__label__`) and anything after a blank are ignored.

    Args:
        command: the command line.
        languages: the codes of the evaluation.
    """

    def __init__(self, command: str, languages: Sequence[str]) -> None:
        super().__init__(languages)
        self.words = shlex.split(command)
        if not self.words or not shutil.which(self.words[0]):
            raise UserError(
                f"--language-identifier {command}: neither a command that is installed nor one of "
                f"ours; {did_you_mean(command, IDENTIFIERS.names())}"
            )
        self.codes = {language_of(code): code for code in reversed(self.languages)}
        self.codes.update({code: code for code in self.languages})

    def identify(self, sentences: Sequence[str]) -> list[str]:
        text = "".join(f"{sentence}\n" for sentence in sentences)
        process = subprocess.run(self.words, input=text, capture_output=True, encoding="utf-8")
        labels = process.stdout.splitlines()
        if process.returncode or len(labels) != len(sentences):
            last = (process.stderr.strip().splitlines() or ["no message"])[-1]
            raise UserError(
                f"--language-identifier {shlex.join(self.words)}: exit status {process.returncode}, "
                f"{len(labels)} labels for {len(sentences)} sentences ({last})"
            )
        return [self._code(label) for label in labels]

    def _code(self, label: str) -> str:
        name = (label.split() or [UNKNOWN])[0].removeprefix("__label__")
        return self.codes.get(name) or self.codes.get(language_of(name), UNKNOWN)


def identifier(name: str, languages: Sequence[str]) -> LanguageIdentifier:
    """The identifier that a user names.

    Args:
        name: one of `IDENTIFIERS`, or a command line.
        languages: the codes of the evaluation.
    Raises:
        UserError: if there is none of that name.
    """
    if name in IDENTIFIERS.names():
        return IDENTIFIERS.get(name)(languages)
    return Command(name, languages)
