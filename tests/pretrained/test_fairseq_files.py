"""Translation models as fairseq published them: M2M-100, NLLB-200 and mBART."""

import shutil
from argparse import Namespace

import pytest
import torch
from fairseq_cli import train as train_command
from toy import generate, run_in_process, train_arguments, train_stock

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.support.errors import UserError

PROJECTIONS = [f"{part}_proj." for part in "qkv"]
LANGUAGES = ("fr", "en", "de")
UNTRAINED = ("--lr", "0", "--max-update", "1", "--freeze-backbone")


@pytest.fixture(scope="module")
def m2m(toy, tmp_path_factory):
    """A stock model in the layout of M2M-100, and its dictionary, which has the language tokens."""
    folder = tmp_path_factory.mktemp("m2m")
    names = [*(f"__{code}__" for code in LANGUAGES), "madeupword0000"]
    text = (toy / "dict.txt").read_text() + "".join(f"{name} 1\n" for name in names)
    (folder / "model_dict.txt").write_text(text)
    path = train_stock(
        toy, folder / "stock", "--share-all-embeddings", "--encoder-langtok", "src",
        "--decoder-langtok", "--langs", ",".join(LANGUAGES), "--max-update", "100",
        "--fixed-dictionary", str(folder / "model_dict.txt"),
    )  # fmt: skip
    return path, folder / "model_dict.txt"


def save_old(path, out, change=lambda model, task: None):
    """Saves a checkpoint as torch 1.5 and the fairseq of that time did.

    Args:
        path: the checkpoint.
        out: where to.
        change: changes its tensors and its settings.
    """
    checkpoint = Checkpoint(path)
    state, settings = (
        checkpoint.state,
        {**checkpoint.section("model"), **checkpoint.section("task")},
    )
    settings["task"] = settings.pop("_name")
    model = {name: tensor for name, tensor in state["model"].items() if "version" not in name}
    del model["decoder.output_projection.weight"]
    for name in [name for name in model if ".self_attn.q_proj." in name]:
        parts = [model.pop(name.replace(PROJECTIONS[0], part)) for part in PROJECTIONS]
        model[name.replace(PROJECTIONS[0], "in_proj_")] = torch.cat(parts)
    change(model, settings)
    out.parent.mkdir()
    torch.save(
        {"model": model, "args": Namespace(**settings)}, out, _use_new_zipfile_serialization=False
    )
    return out


def start(toy, out, path, *options):
    """Adds adapters to a model, without training them."""
    words = train_arguments(toy, out, "--init-from", str(path), *UNTRAINED, *options)
    position = words.index("--encoder-langtok")
    del words[position : position + 2]
    run_in_process(train_command.cli_main, "fairseq-train", words)
    return out / "checkpoint_last.pt"


def test_m2m_translates_the_same_and_needs_no_more_options(toy, m2m, tmp_path, run):
    path, dictionary = m2m
    old = save_old(path, tmp_path / "old" / "model.pt")
    with pytest.raises(UserError, match="it has .* embeddings but the dictionary"):
        start(toy, tmp_path / "no", old)
    saved = start(toy, tmp_path / "on", old, "--fixed-dictionary", str(dictionary))
    assert list(Checkpoint(saved).languages) == list(LANGUAGES)
    fixed = ("--fixed-dictionary", str(dictionary))
    before = generate(toy, path, "de", "en", *fixed, "--task", "translation_multi_simple_epoch",
                      "--lang-pairs", "de-en", "--langs", ",".join(LANGUAGES),
                      "--encoder-langtok", "src", "--decoder-langtok")  # fmt: skip
    assert len(set(before.values())) > 3
    after = generate(toy, saved, "de", "en", *fixed)
    assert before.items() <= after.items()  # the stock task leaves out a last batch of another size
    words = ("--checkpoint", saved, "--data", toy / "bin", "--directions", "de-en", "--remove-bpe",
             "none", "--beam", "5", "--max-len-b", "12", "--cpu", "--json", "--out")  # fmt: skip
    for name, place in (("there", dictionary), ("moved", toy / "bin" / dictionary.name)):
        if place != dictionary:
            shutil.move(dictionary, place)
        run("evaluate", *words, tmp_path / name)
        file = tmp_path / name / "hypotheses" / "de-en.txt"
        assert file.read_text().splitlines() == [after[number] for number in sorted(after)]
    shutil.move(toy / "bin" / dictionary.name, dictionary)


def test_tags_of_data_are_left_out_of_nllb(toy, m2m, tmp_path, caplog):
    path, dictionary = m2m

    def add_tags(model, settings):
        settings["add_data_source_prefix_tags"] = True
        for name in ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight"):
            model[name] = torch.cat([model[name], torch.ones(3, model[name].size(1))])

    caplog.set_level("INFO")
    old = save_old(path, tmp_path / "old" / "model.pt", add_tags)
    saved = start(toy, tmp_path / "on", old, "--fixed-dictionary", str(dictionary))
    assert (
        "the embeddings of <MINED_DATA>, <MMT_BT_DATA>, <SMT_BT_DATA> are left out" in caplog.text
    )
    before, after = load(str(path))["model"], load(str(saved))["model"]
    for name in before:
        assert torch.equal(after[name], before[name]), name


def test_mbart_begins_with_its_language_here(toy, tmp_path, caplog):
    style = ("--lang-tok-style", "mbart", "--langs", ",".join(LANGUAGES))
    path = train_stock(
        toy, tmp_path / "stock", "--share-all-embeddings", *style, "--max-update", "2"
    )

    def denoise(model, settings):
        settings.update(task="multilingual_denoising", langs=",".join(LANGUAGES))
        for name in ("lang_tok_style", "encoder_langtok", "decoder_langtok", "langtoks_specs"):
            del settings[name]

    old = save_old(path, tmp_path / "old" / "model.pt", denoise)
    saved = start(toy, tmp_path / "on", old)
    assert "here they begin with it, as mBART-50's do: train the backbone too" in caplog.text
    on = Checkpoint(saved)
    assert list(on.languages) == list(LANGUAGES)
    stored = on.metadata["format"]
    assert (stored["lang_tok_style"], stored["encoder_langtok"]) == ("mbart", "src")
    embeddings = "encoder.embed_tokens.weight"
    assert torch.equal(on.state["model"][embeddings], load(str(path))["model"][embeddings])


def test_a_start_that_translates_is_said_and_another_is_warned_of(toy, m2m, tmp_path, caplog):
    path, dictionary = m2m
    caplog.set_level("INFO")

    def said(out, file, *options):
        caplog.clear()
        start(toy, tmp_path / out, path, "--fixed-dictionary", str(file), *options)
        return [record for record in caplog.records if "before the first update" in record.message]

    [record] = said("right", dictionary)
    assert record.levelname == "INFO" and "0% in another language" in record.message
    lines = dictionary.read_text().splitlines()
    words, (french, english, german, surplus) = lines[:-4], lines[-4:]
    wrong = tmp_path / "dict.txt"
    wrong.write_text("\n".join([*words, english, german, french, surplus]) + "\n")
    [record] = said("wrong", wrong)
    assert record.levelname == "WARNING" and "it expects another input: check" in record.message
    assert not said("right", dictionary, "--max-update", "2")  # it is resumed
    assert not said("unchecked", wrong, "--check-sentences", "0")
    [record] = said("single", dictionary, "--check-sentences", "1")
    assert record.levelname == "INFO"
