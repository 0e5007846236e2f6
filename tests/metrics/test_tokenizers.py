"""The tokeniser that BLEU needs in each language."""

import pytest

from hyperadapters.metrics import tokenizers
from hyperadapters.metrics.scores import Scorer
from hyperadapters.support.errors import UserError

CODES = ("de_DE", "ja_XX", "ko_KR", "my_MM", "th", "zho_Hans", "zh_CN")


def test_languages_without_spaces_are_not_split_at_spaces(monkeypatch):
    monkeypatch.setattr(tokenizers, "check", lambda name: None)  # as if all packages were there
    names, remarks = tokenizers.choose(CODES, {"th": "none"}, CODES)
    assert names == {
        "de_DE": "13a", "ja_XX": "ja-mecab", "ko_KR": "ko-mecab", "my_MM": "char", "th": "none",
        "zho_Hans": "zh", "zh_CN": "zh",
    }  # fmt: skip
    assert remarks == []


def test_a_missing_package_is_said_and_replaced_by_characters(monkeypatch):
    def check(name):
        if name == "ja-mecab":
            raise UserError("pip install it")

    monkeypatch.setattr(tokenizers, "check", check)
    names, remarks = tokenizers.choose(CODES, {}, ("ja_XX", "de_DE"))
    assert names == {"ja_XX": "char", "de_DE": "13a"}
    assert remarks == ["BLEU into ja_XX counts n-grams of characters: pip install it"]
    with pytest.raises(UserError, match="pip install it"):
        tokenizers.choose(CODES, {"ja_XX": "ja-mecab"}, ("ja_XX",))


def test_a_failing_tokeniser_of_sacrebleu_is_one_line(monkeypatch):
    import sacrebleu.metrics.bleu as bleu

    for error, message in (
        (RuntimeError("\nextra dependencies"), r"needs a package: pip install 'sacrebleu\[ko\]'"),
        (OSError("no network"), "the download failed .no network.: run this once where"),
    ):

        def fail(name, error=error):
            raise error

        monkeypatch.setattr(bleu, "_get_tokenizer", fail)
        with pytest.raises(UserError, match=message):
            tokenizers.check("ko-mecab")


def test_malformed_choices_are_named():
    assert tokenizers.parse("ja_XX=char, th=none") == {"ja_XX": "char", "th": "none"}
    with pytest.raises(UserError, match="write LANGUAGE=TOKENISER"):
        tokenizers.parse("char")
    with pytest.raises(UserError, match="did you mean 'char'"):
        tokenizers.parse("ja_XX=chars")
    with pytest.raises(UserError, match="unknown language 'ja'"):
        tokenizers.choose(CODES, {"ja": "char"}, CODES)


def test_the_signature_shows_the_tokeniser():
    found = Scorer(["今日は晴れです"], "char").score(["今日は雨です"])
    assert "tok:char" in found.signatures["bleu"] and 20 < found.values["bleu"] < 100
    assert Scorer(["今日は晴れです"]).score(["今日は雨です"]).values["bleu"] < found.values["bleu"]
