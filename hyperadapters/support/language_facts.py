"""What is known of languages whose codes people use: one table, made by `scripts/language_table.py`."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .languages import primary_subtag

TABLE = Path(__file__).parent / "languages.tsv"
# what ISO 15924's codes of several scripts stand for
SCRIPTS_OF = {
    "Jpan": ("Hani", "Hira", "Kana"),
    "Hang": ("Hang", "Hani"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"),
    "Cyrs": ("Cyrl",),
}


@dataclass(frozen=True)
class LanguageFacts:
    """What is known of a language.

    Args:
        code: its ISO 639-1 code, or else that of ISO 639-3.
        name: its English name.
        scripts: ISO 15924 codes of the scripts that it is written in.
        lineage: its ancestors in Glottolog's tree, the family first.
    """

    code: str
    name: str
    scripts: tuple[str, ...]
    lineage: tuple[str, ...]


@cache
def table() -> dict[str, LanguageFacts]:
    """The facts by every code of a language: ISO 639-1, ISO 639-3, and those of standard varieties."""
    by_code = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        code, others, name, scripts, lineage = line.split("\t")
        facts = LanguageFacts(
            code, name, tuple(scripts.split(",")), tuple(filter(None, lineage.split(" > ")))
        )
        by_code |= dict.fromkeys((code, *filter(None, others.split(","))), facts)
    return by_code


def facts_of(code: str) -> LanguageFacts | None:
    """The facts of the language of a code such as `de`, `deu_Latn` or `de_DE`; None if it is unknown."""
    return table().get(primary_subtag(code).lower())


def language_of(code: str) -> str:
    """The language of a code, by one name whatever the code's style: `de` of `de_DE` and `deu_Latn`."""
    facts = facts_of(code)
    return facts.code if facts else primary_subtag(code).lower()


def scripts_of(code: str) -> tuple[str, ...]:
    """ISO 15924 codes of the scripts of a code's language, or of that which the code names; none if
    the language is unknown."""
    facts = facts_of(code)
    named = re.search(r"[-_]([A-Z][a-z]{3})\b", code)
    codes = (named.group(1),) if named else facts.scripts if facts else ()
    return tuple(dict.fromkeys(s for each in codes for s in SCRIPTS_OF.get(each, (each,))))
