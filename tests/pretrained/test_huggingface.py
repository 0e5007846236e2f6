"""Training on top of Hugging Face's encoders, read without their package."""

import json
import shutil

import pytest
import torch
from huggingface_encoder import WIDTH, change_tensors, reference_outputs, write_folder
from safetensors.torch import load_file, save_file
from tagging_corpus import encode, load_cells, train_cells

from hyperadapters.pretrained import HYPERX, TRANSLATION, open_pretrained
from hyperadapters.support.errors import UserError

UNTRAINED = ("--lr", "0", "--max-update", "1", "--max-pieces", "30")
CELLS = "pos:qaa:20,mlm:qba:20"
TOKENS = torch.tensor([[0, *range(5, 33), 2], [0, 7, 9, 2] + [1] * 26])


@pytest.fixture(scope="module")
def started(tagging, bare, tmp_path_factory):
    """A function that trains on top of a folder with random weights, once for each model_type."""
    made = {}

    def of(kind):
        if kind not in made:
            folder = write_folder(tmp_path_factory.mktemp("hf") / kind, tagging, kind)
            words = ("--init-from", str(folder), *UNTRAINED)
            saved = train_cells(bare, tmp_path_factory.mktemp("on"), *words, cells=CELLS)
            made[kind] = folder, saved
        return made[kind]

    return of


def check_features(model, features, scores):
    """Compares what matters: the features of all pieces that are no padding, and their scores."""
    kept, found = TOKENS.ne(1), encode(model, TOKENS)
    torch.testing.assert_close(found[kept], features[kept], atol=1e-5, rtol=0)
    with torch.no_grad():
        found = model.heads["mlm"](found[kept])
    torch.testing.assert_close(found, scores[kept][:, : found.size(1)], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_an_encoder_starts_as_it_is(started, bare, kind):
    folder, saved = started(kind)
    model, checkpoint = load_cells(saved, bare)
    assert checkpoint.metadata["format"]["bos"] and model.max_positions()[0] == 30
    check_features(model, *reference_outputs(folder, TOKENS))


def test_a_checkpoint_needs_no_other_file(started, bare, tmp_path, run):
    folder, saved = started("bert")
    moved = tmp_path / "moved"
    shutil.copytree(saved.parent, moved)
    result = run("evaluate-tagging", "--checkpoint", moved / saved.name, "--data", bare, "--out",
                 tmp_path / "out", "--cells", "pos:qaa", "--cpu", "--json")  # fmt: skip
    assert result["cells"]["pos:qaa"]["words"]
    words = ("--init-from", str(moved / saved.name), *UNTRAINED)
    model, _ = load_cells(train_cells(bare, tmp_path / "on", *words, cells="pos:qab"), bare)
    check_features(model, *reference_outputs(folder, TOKENS))


def test_what_is_baked_keeps_the_pieces(started, bare, tmp_path, run):
    _, saved = started("bert")
    baked = tmp_path / "baked" / "model.pt"
    words = ("--checkpoint", saved, "--cells", "pos:qaa", "--out")
    run("bake", *words, baked, "--json")
    result = run("evaluate-tagging", "--checkpoint", baked, "--data", bare, "--out",
                 tmp_path / "out", "--cells", "pos:qaa", "--cpu", "--json")  # fmt: skip
    assert result["cells"]["pos:qaa"]["words"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "sentencepiece.model").write_text("another")
    assert "give --out in another folder" in run("bake", *words, other / "model.pt", "--json")
    assert len(list(other.iterdir())) == 1


def test_what_is_left_out_is_said(tagging, tmp_path, caplog):
    caplog.set_level("INFO")
    folder = write_folder(tmp_path / "a", tagging, surplus=3)
    pretrained = open_pretrained(str(folder), HYPERX)
    assert "1 tensors are left out: pooler.dense.weight" in caplog.text
    assert "the last 3 embeddings, of no piece, are left out" in caplog.text
    assert "heads.mlm.dense.weight" in pretrained.tensors

    def untie(tensors):
        words = tensors["embeddings.word_embeddings.weight"]
        tensors["cls.predictions.decoder.weight"] = words + 1

    change_tensors(folder, untie)
    pretrained = open_pretrained(str(folder), HYPERX)
    assert "modelling is left out: its output matrix is not the table of embeddings" in caplog.text
    assert not any(name.startswith("heads.mlm.") for name in pretrained.tensors)


def test_several_files_and_old_names(tagging, tmp_path):
    folder = write_folder(tmp_path / "a", tagging)
    whole = open_pretrained(str(folder), HYPERX).tensors
    old = {
        "bert."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
        if not name.startswith("cls.")
    }
    files = {name: f"model-{number % 2}.safetensors" for number, name in enumerate(old)}
    for file in set(files.values()):
        save_file({name: old[name] for name in old if files[name] == file}, folder / file)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
    parts = open_pretrained(str(folder), HYPERX).tensors
    assert {*parts} == {name for name in whole if not name.startswith("heads.mlm.")}
    assert all(torch.equal(tensor, whole[name]) for name, tensor in parts.items())
    (folder / "model-1.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(UserError, match="model-1.safetensors is a Git LFS pointer"):
        open_pretrained(str(folder), HYPERX)
    (folder / "model-1.safetensors").unlink()
    with pytest.raises(UserError, match="there is no file model-1.safetensors in it"):
        open_pretrained(str(folder), HYPERX)


def test_files_of_torch_are_read_but_nothing_in_them_is_run(tagging, tmp_path):
    folder = write_folder(tmp_path / "a", tagging)
    whole = open_pretrained(str(folder), HYPERX).tensors
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    read = open_pretrained(str(folder), HYPERX).tensors
    assert {*read} == {*whole} and all(torch.equal(read[name], whole[name]) for name in whole)
    torch.save({"x": tmp_path}, folder / "pytorch_model.bin")  # any object of a class
    with pytest.raises(UserError, match="pytorch_model.bin holds more than tensors"):
        open_pretrained(str(folder), HYPERX)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "distilbert"}, "model_type is distilbert: give one of bert, roberta"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is relative_key"),
        ({"is_decoder": True, "add_cross_attention": True}, "is_decoder is True; add_cross_att"),
        ({"hidden_act": "silu"}, "hidden_act is silu, not gelu, relu"),
        ({"hidden_size": None}, "hidden_size is None, no number"),
    ],
)
def test_unusual_settings_are_refused(tagging, tmp_path, changes, message):
    folder = write_folder(tmp_path / "a", tagging, **changes)
    with pytest.raises(UserError, match=message):
        open_pretrained(str(folder), HYPERX)


def test_tensors_that_do_not_fit_are_refused(tagging, bare, tmp_path):
    folder = write_folder(tmp_path / "a", tagging, num_hidden_layers=3)
    with pytest.raises(UserError, match=r"does not fit \(16 tensors: encoder.layers.2"):
        train_cells(bare, tmp_path / "on", "--init-from", str(folder), *UNTRAINED, cells=CELLS)


def test_folders_that_cannot_be_read_are_refused(tagging, bare, tmp_path):
    folder = write_folder(tmp_path / "a", tagging)

    def refused(message, task=HYPERX):
        with pytest.raises(UserError, match=message):
            open_pretrained(str(folder), task)

    refused("it has no decoder: give a checkpoint of --arch", TRANSLATION)
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "AlbertTokenizer"}')
    refused("its tokenizer does not number the pieces")
    vocabulary = [[symbol, 0.0] for symbol in load_symbols(tagging)]
    fast = {"model": {"type": "Unigram", "vocab": vocabulary}}
    (folder / "tokenizer.json").write_text(json.dumps(fast))
    open_pretrained(str(folder), HYPERX)
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary[::-1]}}))
    refused("its tokenizer does not number the pieces")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "XLMRobertaTokenizerFast"}')
    change_tensors(folder, lambda tensors: tensors.update(
        {"embeddings.word_embeddings.weight": torch.zeros(9, WIDTH)}
    ))  # fmt: skip
    refused("it has 9 embeddings but sentencepiece.bpe.model with <s>")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(
        "pytorch_model.bin holds more than tensors, which is not read, or is no file of PyTorch"
    )
    (folder / "pytorch_model.bin").unlink()
    refused("there is no file model.safetensors in it")
    (folder / "sentencepiece.bpe.model").unlink()
    refused("there is neither a sentencepiece model .* nor tokenizer.json in it: copy or download")
    (folder / "config.json").write_text("{")
    refused("config.json is no JSON")
    (folder / "config.json").unlink()
    refused("neither a fairseq Transformer nor .* nor a Hugging Face encoder: give")


def load_symbols(tagging):
    """The symbols of the embeddings."""
    from hyperadapters.multitask.pieces import load_dictionary

    return load_dictionary(tagging / "sentencepiece.model").symbols


def test_the_corpus_may_name_the_same_pieces_only(started, tagging, tmp_path):
    folder, _ = started("bert")
    words = ("--init-from", str(folder), *UNTRAINED)
    train_cells(tagging, tmp_path / "same", *words, cells=CELLS)  # its dict.txt has the same
    corpus = tmp_path / "c"
    corpus.mkdir()
    (corpus / "dict.txt").write_text("other 1\n")
    shutil.copy(tagging / "sentencepiece.model", corpus)
    (corpus / "corpus.yaml").write_text(
        "sentencepiece: sentencepiece.model\ndictionary: dict.txt\n"
        f'tasks: {{mlm: {{qaa: "{tagging}/text.qaa.{{split}}.txt"}}}}\n'
    )
    with pytest.raises(
        UserError, match="dict.txt does not hold the pieces of sentencepiece.bpe.model"
    ):
        train_cells(corpus, tmp_path / "on", *words, cells="mlm:qaa")


def test_without_pretrained_pieces_the_corpus_must_name_some(bare, tmp_path):
    with pytest.raises(UserError, match="'sentencepiece' and 'dictionary' are missing"):
        train_cells(bare, tmp_path)


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_features_are_those_of_transformers(tagging, bare, tmp_path, kind):
    transformers = pytest.importorskip("transformers")
    folder = write_folder(tmp_path / kind, tagging, kind)
    config = transformers.AutoConfig.from_pretrained(folder)
    original = transformers.AutoModelForMaskedLM.from_config(config).eval()
    for parameter in original.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    (folder / "model.safetensors").unlink()
    original.save_pretrained(folder, max_shard_size="4KB")
    words = ("--init-from", str(folder), *UNTRAINED)
    model, _ = load_cells(train_cells(bare, tmp_path / "on", *words, cells=CELLS), bare)
    with torch.no_grad():
        out = original(TOKENS, attention_mask=TOKENS.ne(1).long(), output_hidden_states=True)
    check_features(model, out.hidden_states[-1], out.logits)
