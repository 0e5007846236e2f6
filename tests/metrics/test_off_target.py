"""Which language translations are in."""

import sys

import pytest

from hyperadapters.data.binarised import Binarised
from hyperadapters.data.conlang import Family
from hyperadapters.evaluation.translation.texts import Texts, joint_dictionary, sentences_to_learn
from hyperadapters.metrics.language_id import identifier
from hyperadapters.metrics.off_target import OffTarget
from hyperadapters.support.errors import UserError
from hyperadapters.support.files import read_lines

CODES = ("qaa", "qba", "qbb", "qca")


@pytest.fixture(scope="module")
def texts():
    """Constructed sentences to learn from, and others as references."""
    family = Family(3)

    def of(count, seed):
        meanings = list(family.meanings(count, seed))
        return {code: [family.realise(one, code).text for one in meanings] for code in CODES}

    return of(150, "learn"), of(40, "references")


def test_n_grams_tell_related_languages_apart(texts):
    learnt, references = texts
    judge = OffTarget(identifier("ngrams", CODES), learnt, references)
    report = judge.report("ngrams")
    assert report["reference_error"] < 0.03 and set(report["reference_errors"]) == set(CODES)
    assert report["learnt_sentences"]["qba"] == 150 and not report["learnt_from_references"]
    assert judge.rate(references["qba"], "qba") < 0.05
    assert judge.rate(references["qbb"], "qba") > 0.9  # a sister language
    half = references["qba"][:20] + references["qca"][:20]
    assert 0.4 < judge.rate(half, "qba") < 0.6


def test_sentences_without_letters_are_in_no_wrong_language(texts):
    judge = OffTarget(identifier("ngrams", CODES), *texts)
    assert judge.rate(["", "12 : 30", "..."], "qba") == 0


def test_a_translation_without_letters_is_off_target_where_its_reference_has_some(texts):
    judge = OffTarget(identifier("ngrams", CODES), *texts)
    wanted = texts[1]["qba"][:4]
    translations = ["", "...", "12 : 30", wanted[3]]
    references = [*wanted[:2], "12 : 30", wanted[3]]
    assert judge.rate(translations, "qba", references) == 0.5


def test_nothing_is_learnt_from_the_references_or_the_evaluated_set(toy):
    data = Binarised(str(toy / "bin"))
    texts = Texts(data, "test", joint_dictionary(data, ("de", "en", "fr")), None)
    lines = {split: read_lines(toy / f"{split}.de") for split in ("train", "valid", "test")}
    wanted = list(dict.fromkeys(lines["valid"] + lines["train"]))
    assert sentences_to_learn(texts, ("de",), {})["de"] == wanted
    references = {"de": lines["valid"][:3] + lines["train"][:2] + lines["test"]}
    found = sentences_to_learn(texts, ("de", "fr", "xx"), references)
    assert found["de"] == [one for one in wanted if one not in references["de"]]
    assert len(found["fr"]) > 150 and "xx" not in found


def test_without_other_text_the_references_are_learnt_and_that_is_said(texts):
    learnt, references = texts
    partly = {code: learnt[code] for code in CODES if code != "qca"}
    report = OffTarget(identifier("ngrams", CODES), partly, references).report("ngrams")
    assert report["learnt_from_references"] == ["qca"]
    assert set(report["reference_errors"]) == {"qaa", "qba", "qbb"}


def labels(code):
    return f'"{sys.executable}" -c "import sys\nfor line in sys.stdin: {code}"'


def test_a_command_names_languages(texts):
    command = labels(
        "print('__label__de 0.9' if 'der' in line else 'fr_XX' if 'le' in line else 'en')"
    )
    found = identifier(command, ("de_DE", "fr_XX")).identify(["der Hund", "le chien", "dog"])
    assert found == ["de_DE", "fr_XX", ""]


@pytest.mark.parametrize(
    "command, message",
    [
        ("no-such-command --now", "neither a command that is installed nor one of ours"),
        ("ngram", "did you mean 'ngrams'"),
        (labels("sys.exit('broken')"), "exit status 1, 0 labels for 2 sentences .broken"),
        (labels("print('de', end='')"), "exit status 0, 1 labels for 2 sentences"),
    ],
)
def test_an_unusable_identifier_is_named(command, message):
    with pytest.raises(UserError, match=message):
        identifier(command, ("de", "fr")).identify(["eins", "zwei"])
