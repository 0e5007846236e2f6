"""Tables of languages, their codes and lists of directions."""

import pytest

from hyperadapters.support.errors import UserError
from hyperadapters.support.languages import Languages, codes_of, listed_directions, primary_subtag


def test_languages_are_ordered_and_unknown_ones_name_the_nearest():
    table = Languages(["de_DE", "en_XX", "fr_XX"])
    assert [table.id(code) for code in table] == [0, 1, 2]
    assert table.direction("fr_XX-de_DE") == (2, 0)
    with pytest.raises(UserError, match="'fr_XY': did you mean 'fr_XX'"):
        table.id("fr_XY")
    with pytest.raises(UserError, match="malformed language pair 'de_DE'"):
        table.direction("de_DE")
    assert codes_of(["b-a", "a-c"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "codes,named",
    [
        ([], "no languages given"),
        (["a", "a"], "listed twice"),
        ([""], "is empty"),
        (["pt-BR"], r"'pt-BR': '-' is not allowed in a code \(write pt_BR\)"),
        (["zh.Hans"], r"'\.' is not allowed in a code \(write zh_Hans\)"),
        (["de/at"], "'/' is not allowed"),
        (["de:at"], "':' is not allowed"),
        (["de,at"], "',' is not allowed"),
        ([" a"], r"a blank is not allowed in a code \(write a\)"),
        (["a\u200b"], r"'\\u200b' is not allowed in a code \(write a\)"),
        ([False], "write codes as 'no'"),
        (["en", "False"], "write codes as 'no'"),
        ([1], "in quotes, '1'"),
        ([None], "is no text"),
    ],
)
def test_unusable_language_tables_are_refused(codes, named):
    with pytest.raises(UserError, match=named):
        Languages(codes)


def test_an_unusable_code_is_not_called_unknown():
    with pytest.raises(UserError, match="write en_GB"):
        Languages(["en_GB", "de"]).id("en-GB")


def test_the_primary_subtag_is_the_language():
    assert [primary_subtag(code) for code in ("de_DE", "zho_Hans", "pt-BR", "nan")] == [
        "de", "zho", "pt", "nan",
    ]  # fmt: skip


def test_directions_can_be_in_a_file(tmp_path):
    file = tmp_path / "directions.txt"
    file.write_text("de-en, en-de\nfr-en\n", encoding="utf-8-sig")
    assert (
        listed_directions(str(file))
        == "de-en,en-de,fr-en"
        == listed_directions("de-en,en-de,fr-en")
    )
    file.write_text("\n")
    with pytest.raises(UserError, match="directions.txt is empty"):
        listed_directions(str(file))
