"""The journal survives every interruption and knows what it can still be used for."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperadapters.evaluation.translation.decoding import Decoded
from hyperadapters.evaluation.translation.translation_log import Journal
from hyperadapters.support.errors import UserError

SETTINGS = {"checkpoint": "c1", "beam": 5}
DATA = {"a-b": "d1", "b-a": "d2"}
BATCHES = [
    Decoded([("a-b", 1, "één"), ("b-a", 0, "zwei")], 5, 0.5),
    Decoded([("a-b", 0, "")], 1, 0.25),
    Decoded([("b-a", 1, "x y"), ("b-a", 2, "z")], 4, 0.25),
]


def filled(path, batches=BATCHES, settings=SETTINGS, data=DATA):
    path.unlink(missing_ok=True)
    journal = Journal(path, settings, data)
    for batch in batches:
        journal.add(batch)
    return journal


def same(left, right):
    found = [(one.translations, one.pieces, one.seconds) for one in (left, right)]
    return found[0] == found[1]


@settings(max_examples=40)
@given(st.integers(0, 400))
def test_a_file_cut_off_anywhere_goes_on(tmp_path_factory, cut):
    path = tmp_path_factory.getbasetemp() / "journal.jsonl"
    whole = filled(path)
    content = path.read_bytes()[:cut]
    path.write_bytes(content)
    kept = max(0, content.count(b"\n") - 2)  # settings and data come first
    journal = Journal(path, SETTINGS, DATA)
    assert same(journal, filled(path.with_name("other"), BATCHES[:kept]))
    for batch in BATCHES[kept:]:
        journal.add(batch)
    assert same(journal, whole) and same(Journal(path, SETTINGS, DATA), whole)


def test_other_settings_start_anew_and_are_named(tmp_path):
    filled(tmp_path / "j")
    journal = Journal(tmp_path / "j", {**SETTINGS, "beam": 4}, DATA)
    assert journal.changed == ["beam"]
    assert journal.translations == {"a-b": {}, "b-a": {}} and journal.seconds == 0
    assert Journal(tmp_path / "j", {**SETTINGS, "beam": 4}, DATA).changed == []


def test_a_direction_with_other_sentences_alone_starts_anew(tmp_path):
    filled(tmp_path / "j")
    for _ in range(2):  # also when it was interrupted right after that
        journal = Journal(tmp_path / "j", SETTINGS, {**DATA, "a-b": "d3"})
        assert journal.translations == {"a-b": {}, "b-a": {0: "zwei", 1: "x y", 2: "z"}}
    assert journal.outdated == []
    assert Journal(tmp_path / "j", SETTINGS, DATA).outdated == ["a-b"]


def test_directions_come_and_go(tmp_path):
    filled(tmp_path / "j")
    journal = Journal(tmp_path / "j", SETTINGS, {"b-a": "d2", "c-a": "d4"})
    assert journal.translations == {"b-a": {0: "zwei", 1: "x y", 2: "z"}, "c-a": {}}
    assert journal.pieces == 9  # of the batches with these directions
    assert Journal(tmp_path / "j", SETTINGS, DATA).translations["a-b"] == {1: "één", 0: ""}
    lines = (tmp_path / "j").read_text().splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_a_damaged_line_is_named(tmp_path):
    filled(tmp_path / "j")
    lines = (tmp_path / "j").read_text().splitlines(keepends=True)
    (tmp_path / "j").write_text("".join([lines[0], "7\n", *lines[1:]]))
    with pytest.raises(UserError, match="line 2 is damaged: remove the file to translate anew"):
        Journal(tmp_path / "j", SETTINGS, DATA)
