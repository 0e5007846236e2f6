"""What the embeddings of Hugging Face's translation models stand for: pieces and the tokens of languages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairseq.data.multilingual.multilingual_utils import get_lang_tok

from ..data.byte_pieces import load_pieces
from ..data.symbols import SPECIALS, pieces_of
from ..support.errors import Problems, UserError, did_you_mean
from .huggingface_files import added_tokens, read_json, sentencepiece_of

STYLE = "multilingual"  # of the tokens of languages in our dictionary


@dataclass(frozen=True)
class Vocabulary:
    """What the embeddings of a model stand for.

    Args:
        folder: its folder.
        pieces: its sentencepiece model.
        numbers: the row of each symbol, with the tokens of languages as ours are called.
        languages: the codes of its languages.
    """

    folder: Path
    pieces: Path
    numbers: Mapping[str, int]
    languages: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path, config: Mapping[str, Any], rows: int) -> "Vocabulary":
        """Reads that of a folder.

        Args:
            folder: the folder.
            config: its config.json.
            rows: how many embeddings it has.
        Raises:
            UserError: naming the file that is missing or that ours cannot take over.
        """
        check_tokenizer(folder, config)
        pieces = sentencepiece_of(folder)
        numbers = numbers_of_symbols(folder, pieces)
        languages = languages_of(folder, rows, set(numbers))
        tokens = {get_lang_tok(code, STYLE): number for code, number in languages.items()}
        return cls(folder, pieces, {**numbers, **tokens}, tuple(languages))

    def check_languages(self, codes: Iterable[str], problems: Problems) -> None:
        """Adds to the problems each language that it does not know."""
        for code in codes:
            if code not in self.languages:
                problems.add(
                    f"{self.folder} does not know '{code}': {did_you_mean(code, self.languages)}"
                )


def check_tokenizer(folder: Path, config: Mapping[str, Any]) -> None:
    """Raises:
    UserError: for mBART.cc25, whose sentences end with their language's token instead of beginning so.
    """
    file = folder / "tokenizer_config.json"
    settings = {**config, **(read_json(file) if file.is_file() else {})}
    if str(settings.get("tokenizer_class")).startswith("MBartTokenizer"):
        raise UserError(
            f"--init-from {folder}: its tokenizer is {settings['tokenizer_class']}, of mBART.cc25, whose "
            "sentences end with their language's token, which ours do not: give mBART-50"
        )


def numbers_of_symbols(folder: Path, pieces: Path) -> dict[str, int]:
    """The row of each special symbol and piece: as M2M-100's vocab.json says, else as XLM-R's, whose pieces
    follow `<s>`, `<pad>`, `</s>` and `<unk>`.

    Raises:
        UserError: if the sentencepiece model has other control symbols.
    """
    vocabulary = folder / "vocab.json"
    if vocabulary.is_file():
        return {symbol: int(number) for symbol, number in read_json(vocabulary).items()}
    numbered = pieces_of(load_pieces(str(pieces)).sp)
    if numbered[:3] != ["<unk>", "<s>", "</s>"]:
        raise UserError(
            f"--init-from {folder}: {pieces.name} does not begin with <unk>, <s>, </s>, as that of NLLB-200 "
            "and mBART-50 do"
        )
    return {symbol: number for number, symbol in enumerate([*SPECIALS, *numbered[3:]])}


def languages_of(folder: Path, rows: int, pieces: set[str]) -> dict[str, int]:
    """The row of each language's token, by the language's code.

    Raises:
        UserError: if no file says which there are, or a row is not there.
    """
    tokens = added_tokens(folder, len(pieces))
    languages = {
        token.strip("_"): number
        for token, number in tokens.items()
        if token not in pieces and not (token.startswith("<") and token.endswith(">"))
    }
    if not languages:
        raise UserError(
            f"--init-from {folder}: neither tokenizer.json nor tokenizer_config.json nor "
            "special_tokens_map.json says what the tokens of its languages are: copy them too"
        )
    largest = max(languages.values())
    if largest >= rows:
        raise UserError(
            f"--init-from {folder}: it has {rows} embeddings, but a language's token is number {largest}"
        )
    return languages
