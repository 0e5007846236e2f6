"""COMET's scores are read, and none of other translations."""

import json

import pytest

from hyperadapters.metrics.comet import read
from hyperadapters.support.errors import UserError

HYPOTHESES = {"de-en": ["a dog ", "two"], "en-de": ["ein Hund"]}


@pytest.fixture
def folder(tmp_path):
    for direction, lines in HYPOTHESES.items():
        rows = [
            {"src": "s", "mt": line.strip(), "ref": "r", "COMET": 0.5 + 0.25 * number}
            for number, line in enumerate(lines)
        ]
        content = {f"evaluation/hypotheses/{direction}.txt": rows}
        (tmp_path / f"{direction}.json").write_text(json.dumps(content))
    return tmp_path


def test_scores_are_means_over_sentences(folder):
    assert read(folder, HYPOTHESES) == {"de-en": 0.625, "en-de": 0.5}


def test_unusable_scores_are_named(folder):
    with pytest.raises(UserError, match="no file .*fr-en.json: score every direction"):
        read(folder, {**HYPOTHESES, "fr-en": ["x"]})
    with pytest.raises(UserError, match="en-de.json is of other translations"):
        read(folder, {**HYPOTHESES, "en-de": ["eine Katze"]})
    (folder / "en-de.json").write_text('{"a": 1}')
    with pytest.raises(UserError, match="en-de.json is not what comet-score"):
        read(folder, HYPOTHESES)
