"""The sacreBLEU tokeniser that BLEU needs in each language."""

from collections.abc import Collection, Mapping, Sequence

from ..support.errors import UserError, did_you_mean
from ..support.language_facts import language_of
from ..support.languages import Languages

DEFAULT = "13a"
# Where words are not written apart, BLEU counts n-grams of characters; chrF says more there.
CHARACTERS = "char"
BY_LANGUAGE = {
    "zh": "zh", "yue": "zh", "ja": "ja-mecab", "ko": "ko-mecab",
    **dict.fromkeys(("th", "my", "km", "lo", "bo", "dz"), CHARACTERS),
}  # fmt: skip
SPBLEU = "flores200"


def parse(text: str | None) -> dict[str, str]:
    """Reads `ja_XX=char,ko_KR=char`.

    Raises:
        UserError: if it is malformed or names a tokeniser that sacreBLEU does not know.
    """
    from sacrebleu.metrics import BLEU

    names: dict[str, str] = {}
    for part in filter(None, (text or "").split(",")):
        code, _, name = part.strip().partition("=")
        if not code or not name:
            raise UserError(f"--tokenizer {part}: write LANGUAGE=TOKENISER, e.g. ja_XX=ja-mecab")
        if name not in BLEU.TOKENIZERS:
            raise UserError(f"--tokenizer {part}: {did_you_mean(name, BLEU.TOKENIZERS)}")
        names[code] = name
    return names


def check(name: str) -> None:
    """Raises:
    UserError: if sacreBLEU cannot use a tokeniser here.
    """
    from sacrebleu.metrics import BLEU

    try:
        BLEU(tokenize=name)
    except RuntimeError as error:  # of a package that is not installed
        raise UserError(
            f"sacreBLEU's tokeniser {name} needs a package: pip install 'sacrebleu[{name[:2]}]'"
        ) from error
    except (OSError, SystemExit) as error:
        raise UserError(
            f"sacreBLEU's tokeniser {name} needs a file that it downloads once, and the download "
            f"failed ({error}): run this once where the network is, or copy the folder .sacrebleu "
            "of the home folder from there"
        ) from error


def choose(
    languages: Sequence[str], choices: Mapping[str, str], targets: Collection[str]
) -> tuple[dict[str, str], list[str]]:
    """The tokeniser of each target language.

    Args:
        languages: all languages.
        choices: tokenisers that the user chose, by language.
        targets: the target languages.
    Returns:
        the tokeniser by target language, and a remark on every one that had to be replaced because
        its package is not installed.
    Raises:
        UserError: for an unknown language, or if one that the user chose cannot be used.
    """
    for code, name in choices.items():
        Languages(languages).id(code)
        check(name)
    names: dict[str, str] = {}
    remarks: list[str] = []
    for code in sorted(targets):
        names[code] = choices.get(code) or BY_LANGUAGE.get(language_of(code), DEFAULT)
        try:
            check(names[code])
        except UserError as error:
            names[code] = CHARACTERS
            remarks.append(f"BLEU into {code} counts n-grams of characters: {error}")
    return names, remarks
