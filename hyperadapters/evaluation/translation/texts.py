"""Source sentences and references as text: raw where there is raw text, else decoded."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fairseq.data import Dictionary
from tqdm import tqdm

from ...data.binarised import Binarised
from ...data.byte_pieces import text_of
from ...metrics.off_target import has_letters
from ...support.errors import Problems, UserError, format_list
from ...support.languages import split_direction
from ...support.text import clean, read_lines

ENOUGH = 1000  # sentences of a language for an identifier to learn from


def joint_dictionary(data: Binarised, languages: Sequence[str]) -> Dictionary:
    """The dictionary that all languages share.

    Raises:
        UserError: if one is missing, or they differ.
    """
    files = {code: data.folders[0] / f"dict.{code}.txt" for code in languages}
    missing = [str(file) for file in files.values() if not file.is_file()]
    if missing:
        raise UserError(f"there is no dictionary {format_list(missing)}")
    loaded = {code: Dictionary.load(str(file)) for code, file in files.items()}
    first = languages[0]
    other = [code for code in languages if loaded[code].symbols != loaded[first].symbols]
    if other:
        raise UserError(
            f"the dictionaries of {format_list(other)} in {data.folders[0]} are not that of {first}: "
            "binarise all pairs with one joint dictionary"
        )
    return loaded[first]


class Texts:
    """The sentences of a split, each side of each pair as text.

    Args:
        data: the binarised pairs.
        split: "test" or "valid".
        dictionary: the dictionary of all languages.
        symbol: how pieces become text, see `byte_pieces.joining`.
        folder: folder with the raw text as `SPLIT.SRC-TGT.LANG`, or else `SPLIT.LANG`, line by line
            the binarised sentences; by default `text` beside the data folder, where that holds
            `SPLIT.SRC-TGT.LANG`.
    """

    def __init__(
        self, data: Binarised, split: str, dictionary: Any, symbol: str | None,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        self.data, self.split, self.dictionary, self.symbol = data, split, dictionary, symbol
        self.given = folder
        self.folder = folder or data.folders[0].absolute().parent / "text"
        self._kept: dict[tuple, list[str]] = {}

    def raw_file(self, pair: str, lang: str) -> Path:
        """Where the raw text of one side is, if it is there."""
        of_pair = self.folder / f"{self.split}.{pair}.{lang}"
        of_all = self.folder / f"{self.split}.{lang}"
        return of_all if self.given and of_all.is_file() and not of_pair.is_file() else of_pair

    def is_raw(self, pair: str, lang: str) -> bool:
        """Whether there is raw text of one side."""
        return self.raw_file(pair, lang).is_file()

    def check(self, pairs: Sequence[str]) -> None:
        """Raises:
        UserError: naming every raw file that is missing or has another number of lines.
        """
        problems = Problems()
        for pair in pairs:
            for lang, prefix in zip(pair.split("-"), self.data.prefixes(self.split, pair)):
                file = self.raw_file(pair, lang)
                if not file.is_file():
                    if self.given:
                        problems.add(f"there is no file {file}")
                    continue
                lines, sentences = len(read_lines(file)), self.data.sentences(prefix)
                if lines != sentences:
                    problems.add(
                        f"{file} has {lines} lines, the binarised set {sentences} sentences"
                    )
        if problems.messages:
            raise UserError("--references: " + format_list(problems.messages))

    def side(self, pair: str, lang: str) -> list[str]:
        """The sentences of one side of a pair."""
        key = (pair, lang)
        if key not in self._kept:
            self._kept[key] = (
                [clean(line) for line in read_lines(self.raw_file(pair, lang))]
                if self.is_raw(pair, lang)
                else self.data.text(self.split, pair, lang, self.dictionary, self.symbol)
            )
        return self._kept[key]

    def joined(self, pieces: str) -> str:
        """A translation in pieces as text."""
        return text_of(pieces, self.symbol)


def sentences_to_learn(
    texts: Texts, languages: Iterable[str], references: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Distinct sentences of each language that are no references of this evaluation.

    They come from the other held-out set and, if those are fewer than `ENOUGH`, from the smallest
    training sets of the language.

    Args:
        texts: the texts of the evaluation.
        languages: the languages.
        references: the references by language.
    """
    data = texts.data
    other = "valid" if texts.split == "test" else "test"
    training = data.training_sentences()
    sets = [(other, pair, None) for pair in data.pairs(other)]
    sets += [
        ("train", pair, 2 * ENOUGH)
        for pair in sorted(data.pairs("train"), key=training.__getitem__)
    ]
    learnt: dict[str, list[str]] = {}
    for code in tqdm(languages, desc="sentences of each language"):
        excluded = set(references.get(code, ()))
        sentences: dict[str, None] = {}
        for split, pair, first in sets:
            if len(sentences) < ENOUGH and code in split_direction(pair):
                side = data.text(split, pair, code, texts.dictionary, texts.symbol, first)
                sentences.update(dict.fromkeys(filter(has_letters, side)))
                sentences = dict.fromkeys(s for s in sentences if s not in excluded)
        if sentences:
            learnt[code] = list(sentences)[:ENOUGH]
    return learnt
