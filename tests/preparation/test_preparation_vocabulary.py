"""The sample, the sentencepiece model, its dictionary, and token ids as fairseq would write them."""

import sys

import numpy as np
import pytest
from fairseq.data import Dictionary
from fairseq.data.multilingual.multilingual_utils import augment_dictionary
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpus import sentences, write

from hyperadapters.data.byte_pieces import text_of_pieces
from hyperadapters.preparation import pieces, text
from hyperadapters.preparation.config import SentencePiece
from hyperadapters.preparation.sample import quotas, sample
from hyperadapters.support.errors import UserError


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of two languages whose text holds the words that fairseq reserves."""
    path = tmp_path_factory.mktemp("model") / "sentencepiece.model"
    lines = ["__en__ <pad> <s> hello hello abc"] * 50 + sentences("en", 80, "x")
    pieces.train(iter(lines), path, SentencePiece(vocabulary=340), ["en", "de_DE"])
    return pieces.load(path)


def test_temperature_draws_small_languages_more_often():
    sizes = {"big": 32_000, "small": 1000, "none": 0}
    lengths = {"big": 320_000, "small": 40_000, "none": 0}
    assert quotas(sizes, lengths, 1, 10**6, 10**6) == sizes
    twice = quotas(sizes, lengths, 5, 300, 10**6)
    assert twice == {"big": 200, "small": 100, "none": 0}  # 32^(1/5) is 2
    even = quotas(sizes, lengths, 1e9, 1000, 10**6)
    assert even["big"] == even["small"] == 500
    assert quotas(sizes, lengths, 5, 300, 3000) == {"big": 100, "small": 50, "none": 0}


def test_a_sample_has_every_line_equally_often(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "CHUNK", 7)
    files = [tmp_path / "a", tmp_path / "b"]
    lines = sentences("en", 50, "sample")
    write(files[0], lines[:21])
    write(files[1], lines[21:])

    def draw(number, seed=1):
        return list(sample({"en": files}, {"en": 50}, {"en": number}, seed))

    assert draw(50) == lines
    several = draw(120)
    assert len(several) == 120 and {several.count(line) for line in lines} == {2, 3}
    few = draw(20)
    assert len(few) == len(set(few)) == 20 and set(few) < set(lines)
    assert few == draw(20) != draw(20, seed=2)


def test_no_token_is_in_the_dictionary_twice(model, tmp_path):
    pieces.write_dictionary(model, tmp_path / "dict.txt")
    dictionary = Dictionary.load(str(tmp_path / "dict.txt"))
    size = len(dictionary)
    augment_dictionary(dictionary, ["en", "de_DE"], "multilingual", ["main"])
    assert len(dictionary) == size == len(set(dictionary.symbols)) == model.get_piece_size()


def test_no_text_becomes_a_reserved_token(model, tmp_path):
    pieces.write_dictionary(model, tmp_path / "dict.txt")
    table = pieces.dictionary_ids(model, tmp_path / "dict.txt")
    dictionary = Dictionary.load(str(tmp_path / "dict.txt"))
    found = {table["ids"][n] for n in model.encode("__en__ __de_DE__ <pad> <s> </s> <unk> hello")}
    reserved = {dictionary.index(word) for word in (*pieces.SPECIALS, "__en__", "__de_DE__")}
    assert len(reserved) == 6 and not found & reserved and table["missing"] == 0


def test_the_dictionary_of_another_model_is_refused(model, tmp_path):
    (tmp_path / "dict.txt").write_text("some 1\nwords 1\n")
    with pytest.raises(UserError, match="lacks .* pieces .* that belongs to the model"):
        pieces.dictionary_ids(model, tmp_path / "dict.txt")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("C", "Z"), codec="utf-8"), min_size=1))
def test_bytes_become_characters_again(model, written):
    found = model.encode(written, out_type=str)
    assert text_of_pieces(" ".join(found)) == model.decode(found).strip()


def test_broken_bytes_and_look_alikes_stay_apart():
    assert text_of_pieces("▁a <0xC3> <0xA4> ▁b") == "aä b"
    assert text_of_pieces("▁a <0xC3> ▁b") == "a\ufffd b"
    assert text_of_pieces("▁<0x41> <0x4G>") == "<0x41><0x4G>"


def test_data_equal_those_of_fairseq_preprocess(corpus, prepared, tmp_path, monkeypatch):
    prepared()
    out = corpus.parent / "out"
    model = pieces.load(out / "sentencepiece.model")
    for code in ("en", "ru"):
        lines = (out / "work" / f"train.en-ru.{code}").read_text().splitlines()
        write(
            tmp_path / f"t.{code}", [" ".join(model.encode(line, out_type=str)) for line in lines]
        )
    from fairseq import options
    from fairseq_cli import preprocess

    dictionary = str(out / "dict.txt")
    words = [
        "-s",
        "en",
        "-t",
        "ru",
        "--trainpref",
        str(tmp_path / "t"),
        "--destdir",
        str(tmp_path / "b"),
    ]
    words += ["--srcdict", dictionary, "--tgtdict", dictionary]
    monkeypatch.setattr(sys, "argv", ["fairseq-preprocess"])
    preprocess.main(options.get_preprocessing_parser().parse_args(words))
    for code in ("en", "ru"):
        for ending in ("bin", "idx"):
            name = f"train.en-ru.{code}.{ending}"
            assert (tmp_path / "b" / name).read_bytes() == (out / "bin" / name).read_bytes()
    assert np.fromfile(out / "bin" / "train.en-ru.en.bin", dtype=np.uint16).max() < len(model)
