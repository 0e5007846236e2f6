"""Training of cells on top of a translation model, and files that are no model of text."""

from argparse import Namespace

import pytest
import sentencepiece
import torch
from fairseq.data import Dictionary
from tagging_corpus import train_cells
from toy import train, train_stock

from hyperadapters.checkpoints import load
from hyperadapters.support.errors import UserError
from hyperadapters.training.freezing import is_backbone

UNTRAINED = ("--lr", "0", "--max-update", "1", "--max-pieces", "30")


def test_another_dictionary_is_refused(toy, tagging, tmp_path):
    stock = train_stock(toy, tmp_path / "stock", "--share-all-embeddings")
    with pytest.raises(UserError, match="dict.txt is not the dictionary that it was trained with"):
        train_cells(tagging, tmp_path / "on", "--init-from", str(stock))


@pytest.fixture(scope="module")
def toy_cells(toy, tmp_path_factory):
    """The toy corpus of translation as cells, whose pieces are words."""
    folder = tmp_path_factory.mktemp("toy_cells")
    text = toy / "train.en"
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "sentencepiece"), vocab_size=40,
        model_type="word", hard_vocab_limit=False, minloglevel=2, num_threads=1,
    )  # fmt: skip
    (folder / "corpus.yaml").write_text(
        f"sentencepiece: sentencepiece.model\ndictionary: {toy}/dict.txt\ntasks:\n"
        f'  mlm: {{en: "{toy}/{{split}}.en"}}\n'
        f'  translation: {{en-de: "{toy}/{{split}}.{{lang}}"}}\n'
    )
    return folder


@pytest.mark.parametrize("trained_with", ["stock", "ours"])
def test_a_translation_model_becomes_the_backbone(toy, toy_cells, tmp_path, trained_with):
    extra = ("--encoder-layers", "3", "--share-all-embeddings")
    if trained_with == "stock":
        path = train_stock(toy, tmp_path / "first", *extra, "--max-update", "2")
    else:
        path = train(toy, tmp_path / "first", *extra[:2], "--max-update", "2")
    words = ("--init-from", str(path), *UNTRAINED, "--encoder-langtok", "tgt")
    saved = train_cells(toy_cells, tmp_path / "on", *words, cells="mlm:en,translation:en-de")
    before, after = load(str(path))["model"], load(str(saved))["model"]
    symbols = Dictionary.load(str(toy / "dict.txt"))
    assert len(before["encoder.embed_tokens.weight"]) == len(symbols) + 3  # de, en, fr
    # ours has the tokens of de and en, and <mask>
    tokens = before["encoder.embed_tokens.weight"][: len(symbols) + 2]
    for name in ("encoder.embed_tokens", "heads.translation.output_projection"):
        assert torch.equal(after[f"{name}.weight"][:-1], tokens)
    for name, tensor in before.items():
        if ".layers." in name and is_backbone(name):
            own = name.replace("decoder.layers", "heads.translation.layers")
            assert torch.equal(after[own], tensor), name


def test_a_decoder_with_embeddings_of_its_own_cannot_serve(toy, toy_cells, tmp_path):
    path = train_stock(toy, tmp_path / "first", "--max-update", "2")
    words = ("--init-from", str(path), *UNTRAINED)
    with pytest.raises(UserError, match="its decoder has embeddings of its own"):
        train_cells(toy_cells, tmp_path / "on", *words, cells="translation:en-de")
    train_cells(toy_cells, tmp_path / "on", *words, cells="mlm:en")  # its encoder can


def test_what_is_no_model_of_text_is_refused(tagging, tmp_path):
    torch.save({"model": {"layer.weight": torch.ones(2)}, "args": Namespace()}, tmp_path / "x.pt")
    with pytest.raises(UserError, match="neither a fairseq Transformer nor a RoBERTa nor a model"):
        train_cells(tagging, tmp_path / "on", "--init-from", str(tmp_path / "x.pt"))
