"""Unusable files are named, with line numbers, before anything is written."""

import gzip
import re

import pytest
from small_corpus import CONFIG, write

from hyperadapters.preparation import validate_files as files_check
from hyperadapters.preparation.validate import check
from hyperadapters.preparation.validate_files import scan_file
from hyperadapters.support.errors import UserError


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
def test_lines_are_counted_across_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(files_check, "BLOCK", block)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress("ä\n\n \nб\r\nend".encode()))
    assert scan_file((path, "nmt_nfkc")) == {"lines": 5, "empty": 2, "first_empty": [2, 3]}
    path.write_bytes(gzip.compress("ä\nб\n".encode()))
    assert scan_file((path, "nmt_nfkc")) == {"lines": 2, "empty": 0, "first_empty": []}
    path.write_bytes(gzip.compress("ä\nб\nok \xe4 no\n".encode() + b"d\xfcrr\n"))
    assert scan_file((path, "nmt_nfkc"))["error"].startswith("line 4 is not UTF-8")
    path.write_bytes(gzip.compress("ä\nб".encode()[:-1]))
    assert scan_file((path, "nmt_nfkc"))["error"].startswith("line 2 is not UTF-8")


def test_everything_wrong_comes_in_one_error_before_any_work(corpus, prepared):
    (corpus / "valid.de").unlink()
    (corpus / "valid.ru").write_text("")
    (corpus / "test.de").write_text("one\n" * 7)
    (corpus / "test.ru").write_bytes(b"ab\n" + b"\xff\n" * 7)
    whole = (corpus / "train.de.gz").read_bytes()
    (corpus / "train.de.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError) as error:
        prepared()
    message = str(error.value)
    for named in (
        "there is no file .*valid.de", "valid.ru is empty", "test.en has 8 lines.* but .*test.de has 7",
        "line 8 is the first without", "test.ru line 2 is not UTF-8", "train.de.gz cannot be read",
    ):  # fmt: skip
        assert re.search(named, message), named
    assert not (corpus.parent / "out" / "work").exists()


def test_an_empty_line_of_a_bitext_is_dropped_or_an_error(corpus, prepared):
    write(corpus / "b.de", ["hij", "", "klm nij", "hhh"] * 30)
    write(corpus / "b.en", ["abc", "abd", "abc eff", " "] * 30)
    config = """
bitext: [{pair: de-en, train: "b.{lang}", valid: "valid.{lang}"}]
sentencepiece: {vocabulary: 300}
"""
    assert prepared(config)["splits"]["train"]["de-en"] == {
        "read": 120, "kept": 2, "dropped": {"empty": 60, "duplicate": 58}, "longest": 9,
    }  # fmt: skip
    with pytest.raises(UserError, match=r"b.de has 30 empty lines \(first: 2, 6, 10\)"):
        prepared(config + "filters: {empty_lines: error}")


def test_check_lists_the_files_and_remembers_them(corpus, monkeypatch):
    out = corpus.parent / "out"
    rows, problems = check(corpus / "config.yaml", out, 1)
    assert not problems
    assert [(row["split"], row["language"], row["lines"], row["empty"]) for row in rows[:3]] == [
        ("train", "en", 120, 0), ("train", "de", 120, 0), ("train", "ru", 120, 10),
    ]  # fmt: skip
    looked = []
    monkeypatch.setattr(
        files_check, "scan_file", lambda task: looked.append(task[0]) or scan_file(task)
    )
    write(corpus / "test.ru", ["абв"] * 8)
    check(corpus / "config.yaml", out, 1)
    assert [path.name for path in looked] == ["test.ru"]

    (corpus / "valid.de").unlink()
    (corpus / "train.ru.gz").write_bytes(b"text")
    rows, problems = check(corpus / "config.yaml", out, 1)
    assert {row["language"]: row["error"] for row in rows if row["error"]}.keys() == {"de", "ru"}
    assert len(problems) == 2 and "valid.de" in problems[1]


def test_very_many_problems_are_counted(corpus, prepared):
    for path in corpus.iterdir():
        path.unlink()
    codes = ", ".join(f"c{number}" for number in range(9))
    with pytest.raises(UserError, match=r"30 problems in all: add --check") as error:
        prepared(CONFIG.replace("en, de, ru", f"en, {codes}"))
    assert str(error.value).count("there is no file") == 12


def test_a_folder_with_other_files_is_refused(corpus, prepared):
    (corpus.parent / "out").mkdir()
    (corpus.parent / "out" / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="holds other files"):
        prepared()


def test_a_compressed_file_without_its_ending_is_named(tmp_path):
    (tmp_path / "a.de").write_bytes(gzip.compress(b"a\n"))
    assert (
        "is compressed with gzip: let its name end in .gz"
        in scan_file((tmp_path / "a.de", "nmt_nfkc"))["error"]
    )


def test_lines_of_which_sentencepiece_makes_nothing_are_empty(corpus, prepared):
    lines = ["hij klm", "\u200b", "nij", "\u200e \u0001", "\u2581"]
    for split in ("b", "v"):
        write(corpus / f"{split}.de", lines + [f"hij {number}" for number in range(20)])
        write(corpus / f"{split}.en", ["abc"] * 5 + [f"abc {number}" for number in range(20)])
    config = """
bitext: [{pair: de-en, train: "b.{lang}", valid: "v.{lang}"}]
filters: {duplicates: false}
sentencepiece: {vocabulary: 300}
"""
    found = prepared(config.replace("v.{lang}", "valid.{lang}"))["splits"]["train"]["de-en"]
    assert found["dropped"] == {"empty": 3}
    held_out = prepared(config.replace("b.{lang}", "train.{lang}.gz"))["splits"]["valid"]["de-en"]
    assert held_out["dropped"] == {"empty": 3} and held_out["kept"] == 22
    with pytest.raises(UserError, match=r"b.de has 3 empty lines \(first: 2, 4, 5\)"):
        prepared(config.replace("duplicates: false", "empty_lines: error"))


def test_an_old_mac_file_and_long_held_out_sentences_are_told(corpus, prepared):
    (corpus / "mac.de").write_bytes(b"hij\rklm\rnij\r")
    facts = scan_file((corpus / "mac.de", "nmt_nfkc"))
    assert "ends its lines with carriage returns" in facts["error"]
    for code, word in (("de", "hij "), ("en", "abc ")):
        write(corpus / f"valid.{code}", [word * 3, word * 1500])
    config = """
bitext: [{pair: de-en, train: "train.{lang}.gz", valid: "valid.{lang}"}]
sentencepiece: {vocabulary: 300}
"""
    assert "sentences of more than 1023 pieces in valid.de-en (" in prepared(config)["warnings"][0]
