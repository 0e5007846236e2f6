"""Encoders whose tokenizer is tokenizer.json: mBERT's WordPiece, RoBERTa's byte-level BPE."""

import json
import sys
from functools import partial

import pytest
import torch
from huggingface_encoder import reference_outputs, write_folder
from hypothesis import given
from hypothesis import strategies as st
from tagging_corpus import encode, load_cells, train_cells

from hyperadapters.data.tokenizer_pieces import TokenizerPieces
from hyperadapters.multitask.corpus import read_corpus
from hyperadapters.support.errors import UserError

tokenizers = pytest.importorskip("tokenizers")

TEXT = "Ein Satz, nicht-lang: 中文 [SEP] </s>!"


def train_word_piece(text, folder):
    """Writes the tokenizer.json of a BERT; returns the size of its vocabulary."""
    # <pad> must be number 1 for `reference_outputs`
    special = ["[unused0]", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    trainer = tokenizers.trainers.WordPieceTrainer(vocab_size=150, special_tokens=special)
    return save(tokenizer, trainer, text, folder, ("[SEP]", "[CLS]"), "BertTokenizer")


def train_byte_level(text, folder):
    """Writes the tokenizer.json of a RoBERTa; returns the size of its vocabulary."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    return save(tokenizer, trainer, text, folder, ("</s>", "<s>"), "RobertaTokenizer")


def save(tokenizer, trainer, text, folder, marks, name):
    """Trains a tokenizer, writes it as it is published, and returns the size of its vocabulary."""
    tokenizer.train_from_iterator([TEXT, *text], trainer)
    numbered = [(mark, tokenizer.token_to_id(mark)) for mark in marks]
    tokenizer.post_processor = tokenizers.processors.BertProcessing(*numbered)
    tokenizer.enable_truncation(20)
    tokenizer.enable_padding(length=20)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": name, "do_lower_case": False})
    )
    return tokenizer.get_vocab_size()


KINDS = {"bert": train_word_piece, "roberta": train_byte_level}


@pytest.fixture(scope="module")
def folders(tagging, tmp_path_factory):
    """A folder with random weights for each model_type, with a tokenizer of the corpus's text."""
    text = (tagging / "text.qaa.train.txt").read_text().splitlines()
    return {
        kind: write_folder(
            tmp_path_factory.mktemp("hf") / kind,
            tagging,
            kind,
            write_tokenizer=partial(train, text),
        )
        for kind, train in KINDS.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_starts_as_it_is_and_is_evaluated(folders, bare, tmp_path, run, kind):
    words = (
        "--init-from",
        str(folders[kind]),
        "--lr",
        "0",
        "--max-update",
        "1",
        "--max-pieces",
        "30",
    )
    saved = train_cells(bare, tmp_path / "on", *words, cells="pos:qaa:20,mlm:qba:20")
    model, checkpoint = load_cells(saved, bare)
    task = checkpoint.task(
        read_corpus(str(bare)).with_tokenizer(tmp_path / "on" / "tokenizer.json")
    )
    sentence = "Satz nicht 中文 lang"
    ours = task.pieces.add_sentence_symbols(task.pieces.sentence(sentence))
    theirs = tokenizers.Tokenizer.from_file(str(folders[kind] / "tokenizer.json"))
    theirs.no_padding()
    expected = theirs.encode(("" if kind == "bert" else " ") + sentence).ids
    assert task.dictionary.unk() not in ours and len(ours) == len(expected)
    features, _ = reference_outputs(folders[kind], torch.tensor([expected]))
    torch.testing.assert_close(encode(model, torch.tensor([ours])), features, atol=1e-5, rtol=0)
    result = run("evaluate-tagging", "--checkpoint", saved, "--data", bare, "--out",
                 tmp_path / "out", "--cells", "pos:qaa", "--cpu", "--json")  # fmt: skip
    assert result["cells"]["pos:qaa"]["words"]


@pytest.mark.parametrize("kind", KINDS)
def test_marks_are_never_taken_from_a_text(folders, kind):
    pieces = TokenizerPieces(str(folders[kind] / "tokenizer.json"))
    encoded = pieces.encode(TEXT).split(" ")
    assert not {*encoded} & {"<s>", "<pad>", "</s>", "<unk>", "<mask>", "[SEP]"}
    assert pieces.decode(" ".join(encoded)).replace(" ", "") == TEXT.replace(" ", "")


@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs", "C", "Z"]), min_size=1)))
def test_words_are_encoded_as_in_a_sentence(folders, words):
    pieces = TokenizerPieces(str(folders["roberta"] / "tokenizer.json"))
    apart = [piece for word in words for piece in pieces.encode(word).split(" ")]
    assert [*filter(None, apart)] == [*filter(None, pieces.encode(" ".join(words)).split(" "))]


def test_unusable_tokenizers_are_refused(folders, tmp_path, monkeypatch):
    file = tmp_path / "tokenizer.json"
    content = (folders["bert"] / "tokenizer.json").read_text()

    def refused(text, message):
        file.write_text(text)
        with pytest.raises(UserError, match=message):
            TokenizerPieces(str(file))

    refused("{}", "tokenizer.json is no tokenizer .*: copy or download it again")
    refused(content.replace("[MASK]", "[GAP]"), r"has no symbol <mask> \(BERT: .*an encoder's")
    refused(content.replace('"[unused0]"', '"[an unused]"'), "have blanks in them")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    refused(content, r"pip install 'hyperadapters\[tokenizers\]'")


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_are_those_of_transformers(folders, kind):
    transformers = pytest.importorskip("transformers")
    options = {} if kind == "bert" else {"add_prefix_space": True}
    original = transformers.AutoTokenizer.from_pretrained(folders[kind], **options)
    words = ["Ein", "Satz", ",", "nicht-lang", "中文", "!"]
    expected = original(words, is_split_into_words=True, add_special_tokens=False)["input_ids"]
    pieces = TokenizerPieces(str(folders[kind] / "tokenizer.json"))
    ours = [piece for word in words for piece in pieces.encode(word).split(" ")]
    assert ours == [pieces.symbols[number] for number in expected]
