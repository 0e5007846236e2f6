"""Text as pieces and back: one line a sentence, bytes decoded, special symbols never from text."""

import io

import pytest
import sentencepiece
from fairseq.data import Dictionary
from hypothesis import given
from hypothesis import strategies as st

from hyperadapters.data.byte_pieces import load_pieces, text_of, text_of_pieces
from hyperadapters.data.symbols import pieces_of
from hyperadapters.preparation.pieces import dictionary_ids, write_dictionary
from hyperadapters.support.errors import UserError
from hyperadapters.support.text import clean

CYRILLIC = ["кот и дом", "пёс и кот", "дом и пёс", "он и она", "кот дом пёс"] * 4
SPECIALS = ("</s>", "<s>", "<pad>", "<unk>", "__ru__", "[ru]", "<mask>", "xyz")


def train(path, byte_fallback):
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CYRILLIC), model_writer=made, vocab_size=290 if byte_fallback else 26,
        byte_fallback=byte_fallback, hard_vocab_limit=False, pad_id=3, minloglevel=2,
        control_symbols=["__ru__"],
    )  # fmt: skip
    path.write_bytes(made.getvalue())
    return load_pieces(str(path))


@pytest.fixture(scope="module")
def with_bytes(tmp_path_factory):
    return train(tmp_path_factory.mktemp("bytes") / "m.model", True)


@pytest.fixture(scope="module")
def without_bytes(tmp_path_factory):
    return train(tmp_path_factory.mktemp("no_bytes") / "m.model", False)


@pytest.mark.parametrize("special", SPECIALS)
def test_text_is_never_encoded_to_a_special_symbol(without_bytes, tmp_path, special):
    write_dictionary(without_bytes.sp, tmp_path / "dict.txt")
    dictionary = Dictionary.load(str(tmp_path / "dict.txt"))
    for token in ("__ru__", "[ru]", "<mask>"):
        dictionary.add_symbol(token)
    text = f"кот {special} дом"
    ids = [dictionary.index(piece) for piece in without_bytes.encode(text).split(" ")]
    # as `hyperadapters prepare` encodes it
    table = dictionary_ids(without_bytes.sp, tmp_path / "dict.txt")["ids"]
    assert ids == [table[number] for number in without_bytes.sp.encode(text)]
    assert dictionary.unk() in ids
    assert not {dictionary.eos(), dictionary.pad(), dictionary.bos()} & set(ids)


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_encoded_is_decoded(with_bytes, text):
    known = clean(with_bytes.sp.normalize(clean(text)).replace("\u2581", " "))
    assert with_bytes.decode(with_bytes.encode(text)) == known


@pytest.mark.parametrize(
    "blank", ["\x85", "\v", "\f", "\x1c", "\u00a0", "\r", "\t", "  ", "\ufeff "]
)
def test_every_blank_is_encoded_as_prepare_reads_it(with_bytes, blank):
    assert with_bytes.encode(f"кот{blank}дом\r\n") == with_bytes.encode("кот дом")


@given(st.data())
def test_whatever_a_model_generates_is_one_line(with_bytes, data):
    pieces = pieces_of(with_bytes.sp) + ["<0x0A>", "<0x0D>", "<0xC2>", "<0x85>"]
    sentence = " ".join(data.draw(st.lists(st.sampled_from(pieces), max_size=12)))
    for line in (
        text_of_pieces(sentence),
        text_of(sentence, "subword_nmt"),
        text_of(sentence, None),
    ):
        assert len(line.splitlines()) <= 1 and line == line.strip()


def test_a_model_that_was_not_copied_whole_is_named(tmp_path):
    (tmp_path / "m.model").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(UserError, match="Git LFS pointer"):
        load_pieces(str(tmp_path / "m.model"))
    with pytest.raises(UserError, match="is no sentencepiece model"):
        load_pieces(str(tmp_path / "absent.model"))
