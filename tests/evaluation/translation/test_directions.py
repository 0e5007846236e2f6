"""Selection and groups of directions."""

from argparse import Namespace

import pytest
import torch

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.evaluation.translation.directions import Directions, averages, english_of
from hyperadapters.support.errors import UserError
from hyperadapters.support.languages import Languages

CODES = ("de_DE", "en_XX", "fr_XX", "ja_XX")


def directions(source="hyper", english="en_XX"):
    trained = ("de_DE-en_XX", "en_XX-de_DE", "de_DE-fr_XX")
    cfg = Namespace(adapter_source=source, directions=",".join(trained))
    pairs = ("en_XX-de_DE", "de_DE-fr_XX", "en_XX-fr_XX")
    return Directions(cfg, Languages(CODES), trained, pairs, english, "bin (test)")


def test_all_has_every_direction_with_sentences_and_adapters():
    assert directions().select("all") == [
        "de_DE-en_XX", "de_DE-fr_XX", "en_XX-de_DE", "en_XX-fr_XX", "fr_XX-de_DE", "fr_XX-en_XX",
    ]  # fmt: skip
    assert directions("pair").select("all") == ["de_DE-en_XX", "de_DE-fr_XX", "en_XX-de_DE"]
    assert directions().select("zero-shot") == ["en_XX-fr_XX", "fr_XX-de_DE", "fr_XX-en_XX"]
    assert set(directions().select("trained")) == {"de_DE-en_XX", "en_XX-de_DE", "de_DE-fr_XX"}


@pytest.mark.parametrize(
    "wanted, message",
    [
        ("de_DE-ja_XX,ja_XX-fr_XX,de_DE-en_XX", "sentences of de_DE-ja_XX, ja_XX-fr_XX in bin"),
        ("de_DE-fr", "unknown language 'fr': did you mean 'fr_XX'"),
        ("de_DE", "malformed language pair"),
        (" ,", "there is none with binarised sentences"),
    ],
)
def test_directions_that_cannot_be_evaluated_are_named(wanted, message):
    with pytest.raises(UserError, match=message):
        directions().select(wanted)


def test_groups():
    found = {one: directions().group(one) for one in directions().select("all")}
    assert found == {
        "de_DE-en_XX": "into_english", "en_XX-de_DE": "out_of_english",
        "de_DE-fr_XX": "other_supervised", "en_XX-fr_XX": "zero_shot",
        "fr_XX-de_DE": "zero_shot", "fr_XX-en_XX": "zero_shot",
    }  # fmt: skip
    assert directions(english=None).group("de_DE-en_XX") == "other_supervised"


def test_english_is_found_or_named():
    assert english_of(CODES, None) == "en_XX" and english_of(("en", "fr"), None) == "en"
    assert english_of(("eng_Latn", "fr"), None) == "eng_Latn"
    assert english_of(("eng_Latn", "fr"), "eng_Latn") == "eng_Latn"
    with pytest.raises(UserError, match="unknown language 'en'"):
        english_of(CODES, "en")
    with pytest.raises(UserError, match="may be en_GB or en_US: name one with --english"):
        english_of(("en_GB", "en_US"), None)


def test_averages_are_means_over_directions():
    scores = {"a-b": {"bleu": 10.0}, "b-a": {"bleu": 20.0}, "a-c": {"bleu": 5.0}}
    groups = {"a-b": "one", "b-a": "one", "a-c": "two"}
    assert averages(scores, groups, ("one", "two", "three")) == {
        "one": {"bleu": 15.0, "directions": 2}, "two": {"bleu": 5.0, "directions": 1}, "three": None,
    }  # fmt: skip


def test_a_baked_checkpoint_tells_what_was_trained(tmp_path):
    def trained_directions(**cfg):
        torch.save({"model": {}, "cfg": cfg}, tmp_path / "a.pt")
        return Checkpoint(tmp_path / "a.pt").trained_directions

    model = {"adapter_source": "baked", "directions": "a-b,b-c"}
    task = {"lang_pairs": "a-b"}
    assert trained_directions(model=model, task=task) == ["a-b"]
    recorded = {**model, "trained_directions": "c-a,a-c"}
    assert trained_directions(model=recorded, task=task) == ["c-a", "a-c"]
    assert trained_directions(model={"directions": "a-b"}) == ["a-b"]
