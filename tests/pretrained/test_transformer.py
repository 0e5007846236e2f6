"""Training of cells on top of a translation model, and files that are no model of text."""

from argparse import Namespace

import pytest
import sentencepiece
import torch
from fairseq.data import Dictionary
from fairseq_cli import train as train_command
from fairseq_cli import validate as validate_command
from tagging_corpus import train_cells
from toy import USER_DIR, run_in_process, train, train_arguments, train_stock

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.checkpoint import Checkpoint
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
def test_a_translation_model_becomes_the_backbone(toy, toy_cells, tmp_path, trained_with, caplog):
    extra = ("--encoder-layers", "3", "--share-all-embeddings")
    if trained_with == "stock":
        path = train_stock(toy, tmp_path / "first", *extra, "--max-update", "2")
    else:
        path = train(toy, tmp_path / "first", *extra[:2], "--max-update", "2")
    words, cells = ("--init-from", str(path), *UNTRAINED), "mlm:en,translation:en-de"
    with pytest.raises(UserError, match="--encoder-langtok src differs from .*, which has tgt"):
        train_cells(toy_cells, tmp_path / "no", *words, "--encoder-langtok", "src", cells=cells)
    saved = train_cells(toy_cells, tmp_path / "on", *words, cells=cells)
    assert "before the first update: 8 validation sentences are translated" in caplog.text
    assert Checkpoint(saved).metadata["format"]["encoder_langtok"] == "tgt"
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


@pytest.mark.parametrize("trained_with", ["stock", "ours"])
def test_translation_takes_over_languages_and_their_tokens(toy, tmp_path, trained_with, caplog):
    """A backbone that reads the source language is not told the target language instead."""
    made = train_stock if trained_with == "stock" else train
    options = ("--encoder-langtok", "src", "--decoder-langtok", "--langs", "fr,en,de")
    none = ("--adapter-source", "none") if trained_with == "ours" else ()
    path = made(toy, tmp_path / "first", *options, *none, "--max-update", "2")
    untrained = ("--init-from", str(path), "--lr", "0", "--max-update", "1")
    words = train_arguments(toy, tmp_path / "on", *untrained)
    position = words.index("--encoder-langtok")
    del words[position : position + 2]
    caplog.set_level("INFO")
    run_in_process(train_command.cli_main, "fairseq-train", words)
    assert "--encoder-langtok src taken from" in caplog.text
    on = Checkpoint(tmp_path / "on" / "checkpoint_last.pt")
    assert list(on.languages) == ["fr", "en", "de"]
    stored = on.metadata["format"]
    assert stored["encoder_langtok"] == "src" and str(stored["decoder_langtok"]) == "True"
    task = ("--task", "multilingual_adapter_translation")
    words = (str(toy / "bin"), "--user-dir", str(USER_DIR), *task, "--path", on.path,
             "--max-tokens", "300", "--cpu")  # fmt: skip
    run_in_process(validate_command.cli_main, "fairseq-validate", words)
    before, after = load(str(path))["model"], on.state["model"]
    embeddings = "encoder.embed_tokens.weight"
    assert torch.equal(after[embeddings], before[embeddings])
    for words, message in (
        (("--encoder-langtok", "tgt"), "--encoder-langtok tgt differs from .*, which has src"),
        (
            ("--encoder-langtok", "src", "--langs", "de,en,fr"),
            "--langs de,en,fr is not the language",
        ),
        (
            ("--encoder-langtok", "src", "--lang-tok-style", "mbart"),
            "--lang-tok-style mbart differs",
        ),
    ):
        with pytest.raises(UserError, match=message):
            train(toy, tmp_path / "wrong", "--init-from", str(path), *words)
    assert not list((tmp_path / "wrong").glob("*.pt"))
