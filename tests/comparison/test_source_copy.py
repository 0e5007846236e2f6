"""The row "copy of the source" in comparisons of translation."""

import pytest
from evaluations import write_evaluation
from sacrebleu.metrics import BLEU, CHRF

REFERENCES = {
    "de-en": ["one two three four five", "a name Anna Karenina in it"],
    "en-de": ["eins zwei drei vier fünf", "der Name Anna Karenina darin"],
    "fr-en": ["one two three four six", "the name Anna Karenina again"],
}
SOURCES = {
    "de-en": REFERENCES["en-de"],
    "en-de": REFERENCES["de-en"],
    "fr-en": ["un deux trois quatre six", "le nom Anna Karenina encore"],
}


@pytest.fixture
def evaluation(tmp_path):
    """An evaluation whose system translates without a fault."""
    folder = tmp_path / "e"
    write_evaluation(folder, "a", REFERENCES, REFERENCES, {"en-de": 9, "en-fr": 9})
    (folder / "sources").mkdir()
    for direction, lines in SOURCES.items():
        text = "".join(f"{line}\n" for line in lines)
        (folder / "sources" / f"{direction}.txt").write_text(text, encoding="utf-8")
    return folder


def test_its_figures_are_those_of_sacrebleu(evaluation, compare, tmp_path):
    result = compare(evaluation)
    copy = result["source_copy"]
    assert copy["adapter_parameters"] == 0
    for name, metric in (("bleu", BLEU(force=True)), ("chrf", CHRF())):
        scores = {
            one: metric.corpus_score(SOURCES[one], [REFERENCES[one]]).score for one in SOURCES
        }
        into, out_of = copy["averages"]["into_english"], copy["averages"]["out_of_english"]
        mean = (scores["de-en"] + scores["fr-en"]) / 2
        assert into[name] == pytest.approx(mean, abs=1e-3) and mean > 0
        assert out_of[name] == pytest.approx(scores["en-de"], abs=1e-3)
    page = (tmp_path / "out" / "comparison.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith("| copy of the source ")]
    assert f" {into['chrf']:.1f} |" in row
    assert [system["name"] for system in result["systems"]] == ["a"] and result["baseline"] == "a"


def test_without_sources_the_page_says_why_there_is_no_such_row(evaluation, compare, tmp_path):
    (evaluation / "sources" / "fr-en.txt").unlink()
    assert compare(evaluation)["source_copy"] is None
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert "| copy of the source" not in page and f"{evaluation} lacks sources" in page
