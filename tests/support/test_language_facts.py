"""The table of languages: codes of every style, scripts, lineage."""

import pytest

from hyperadapters.data.reference_distances import read_reference
from hyperadapters.evaluation.translation.directions import english_of
from hyperadapters.metrics.tokenizers import choose
from hyperadapters.preparation.scripts import usual
from hyperadapters.support.errors import UserError
from hyperadapters.support.language_facts import TABLE, facts_of, language_of, table


@pytest.mark.parametrize(
    "codes,language",
    [
        (("de", "de_DE", "deu_Latn", "DE"), "de"),
        (("zh", "zh_CN", "zho_Hans", "zho_Hant", "cmn"), "zh"),
        (("ar", "ar_AR", "arb_Arab"), "ar"),
        (("he", "iw", "heb_Hebr"), "he"),
        (("mn", "khk_Cyrl"), "mn"),
        (("ars_Arab",), "ars"),
        (("qaa",), "qaa"),
    ],
)
def test_a_language_has_one_name_in_every_style(codes, language):
    assert {language_of(code) for code in codes} == {language}


def test_the_table_is_sound():
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    codes = [
        code for line in lines for part in line.split("\t")[:2] for code in part.split(",") if code
    ]
    assert len(set(codes)) == len(codes) == len(table())
    for facts in table().values():
        assert facts.name and facts.lineage and facts.scripts
        assert usual(facts.code) and all(usual(facts.code))


def test_scripts_of_a_code_that_names_one_and_of_others():
    assert usual("ja_XX") == ("Han", "Hiragana", "Katakana")
    assert usual("kas_Deva") == ("Devanagari",) and usual("srp_Cyrl") == ("Cyrillic",)
    assert set(usual("sr")) == {"Cyrillic", "Latin"} and usual("qaa") == ()


def test_what_depends_on_the_language_knows_codes_of_nllb():
    codes = ["eng_Latn", "jpn_Jpan", "zho_Hant", "deu_Latn"]
    assert english_of(codes, None) == "eng_Latn"
    names, _ = choose(codes, {}, codes)
    assert names["zho_Hant"] == "zh" and names["deu_Latn"] == "13a" and names["jpn_Jpan"] != "13a"


def test_distances_in_the_tree_of_glottolog():
    codes = ("deu_Latn", "nl", "en_XX", "hin_Deva", "fi")
    distances = read_reference("glottolog", codes).distances
    assert (distances == distances.T).all() and not distances.diagonal().any()
    assert 0 < distances[0, 1] < distances[0, 3] < distances[0, 4] == 1
    assert facts_of("fi").lineage[0] == "Uralic"
    with pytest.raises(UserError, match="glottolog knows nothing of qaa"):
        read_reference("glottolog", ("de", "qaa"))
