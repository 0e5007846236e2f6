"""Translation on top of M2M-100, NLLB-200 and mBART-50 in Hugging Face's layout, read without their package."""

import json
import shutil

import pytest
import sentencepiece
import torch
from fairseq_cli import train as train_command
from safetensors.torch import load_file, save_file
from toy import LANGUAGES, binarise, run_in_process, train, train_arguments, write_text

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.pretrained import TRANSLATION, open_pretrained
from hyperadapters.support.errors import UserError

WIDTH, FFN, LAYERS, HEADS = 16, 16, 2, 2
# codes of the languages in the order of their tokens, and what the tokens are called
CODES = {
    "nllb": ("en", "xx", "fr", "de"),
    "m2m": ("de", "en", "fr", "xx"),
    "mbart": ("xx", "de", "en", "fr"),
}
KINDS = tuple(CODES)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """The toy corpus in pieces of sentencepiece, binarised with them as its dictionary, and their model."""
    folder, words = tmp_path_factory.mktemp("pieces"), tmp_path_factory.mktemp("words")
    write_text(words, LANGUAGES)
    sentencepiece.SentencePieceTrainer.train(
        input=",".join(str(words / f"train.{code}") for code in LANGUAGES), vocab_size=24,
        model_prefix=str(folder / "sentencepiece.bpe"), minloglevel=2, num_threads=1,
    )  # fmt: skip
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    for file in words.glob("*.*"):
        if file.suffix != ".txt":
            lines = file.read_text().splitlines()
            encoded = "".join(" ".join(model.encode(line, out_type=str)) + "\n" for line in lines)
            (folder / file.name).write_text(encoded)
            shutil.copy(file, folder / f"raw.{file.name}")
    names = [model.id_to_piece(number) for number in range(3, model.get_piece_size())]
    (folder / "dict.txt").write_text("".join(f"{name} 1\n" for name in names))
    binarise(folder, ["en-de", "en-fr", "de-fr"])
    return folder


def symbols_of(kind, pieces):
    """The symbols of a model in the order of its embeddings."""
    names = [line.split()[0] for line in (pieces / "dict.txt").read_text().splitlines()]
    if kind == "m2m":
        names = names[::-1]  # vocab.json says where they are
    tokens = [f"__{code}__" for code in CODES[kind]]
    surplus = ["madeupword0", "madeupword1"] if kind == "m2m" else ["<mask>"]
    return ["<s>", "<pad>", "</s>", "<unk>", *names, *tokens, *surplus]


def write_settings(folder, kind, pieces):
    """Writes all files of a folder but the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(pieces / "sentencepiece.bpe.model", folder)
    symbols = symbols_of(kind, pieces)
    sizes = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (("layers", LAYERS), ("ffn_dim", FFN), ("attention_heads", HEADS))
    }
    config = {
        "model_type": "mbart" if kind == "mbart" else "m2m_100", "d_model": WIDTH, **sizes,
        "activation_function": "gelu" if kind == "mbart" else "relu", "scale_embedding": True,
        "max_position_embeddings": 64, "vocab_size": len(symbols), "dropout": 0.0,
        "attention_dropout": 0.0, "activation_dropout": 0.0, "tie_word_embeddings": True,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    tokens = {f"__{code}__": code if kind != "m2m" else f"__{code}__" for code in CODES[kind]}
    if kind == "m2m":
        first = numbers[f"__{CODES[kind][0]}__"]
        (folder / "vocab.json").write_text(json.dumps(dict(list(numbers.items())[:first])))
        special = {"additional_special_tokens": list(tokens.values())}
        (folder / "special_tokens_map.json").write_text(json.dumps(special))
    else:
        added = {str(numbers[ours]): {"content": name} for ours, name in tokens.items()}
        added |= {"1": {"content": "<pad>"}, str(numbers["<mask>"]): {"content": "<mask>"}}
        settings = {"added_tokens_decoder": added}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return config


def theirs(name):
    """Hugging Face's name of a tensor of ours."""
    return "lm_head.weight" if name == "decoder.output_projection.weight" else f"model.{name}"


def options_of(kind):
    is_mbart = kind == "mbart"
    learned = ("--encoder-learned-pos", "--decoder-learned-pos", "--layernorm-embedding")
    return (
        "--encoder-normalize-before", "--decoder-normalize-before", "--adapter-source", "none",
        "--activation-fn", "gelu" if is_mbart else "relu", "--decoder-langtok", "--encoder-langtok", "src",
        "--dropout", "0", "--max-source-positions", "64", "--max-target-positions", "64",
        *(learned if is_mbart else ()),
    )  # fmt: skip


@pytest.fixture(scope="module")
def published(pieces, tmp_path_factory):
    """A function that gives a model of ours, and the same as a folder of a kind."""
    made = {}

    def of(kind):
        if kind in made:
            return made[kind]
        original = train(pieces, tmp_path_factory.mktemp("original"), *options_of(kind))
        folder = tmp_path_factory.mktemp("published") / kind
        config = write_settings(folder, kind, pieces)
        checkpoint = Checkpoint(original)
        dictionary = checkpoint.task(str(pieces / "bin")).target_dictionary
        tensors, symbols = {}, symbols_of(kind, pieces)
        for name, tensor in checkpoint.weights.items():
            if tensor.size(0) == len(dictionary):
                rows = [dictionary.index(symbol) for symbol in symbols]
                tensor = tensor[rows]
            tensors[theirs(name)] = tensor.clone()
        if kind == "mbart":
            tensors["final_logits_bias"] = torch.zeros(1, config["vocab_size"])
            torch.save(tensors, folder / "pytorch_model.bin")
        else:
            save_file(tensors, folder / "model.safetensors")
        made[kind] = original, folder
        return made[kind]

    return of


def started(pieces, folder, save, *extra):
    """A training on top of a folder that changes nothing."""
    words = train_arguments(
        pieces, save, "--init-from", str(folder), "--lr", "0", "--max-update", "1", *extra
    )
    position = words.index("--encoder-langtok")
    del words[position : position + 2]
    run_in_process(train_command.cli_main, "fairseq-train", words)
    return save / "checkpoint_last.pt"


def scores(path, pieces, src="en", tgt="fr"):
    """The scores of all pieces for some sentences with teacher forcing, and the batch."""
    checkpoint = Checkpoint(path)
    task = checkpoint.task(str(pieces / "bin"))
    model = checkpoint.model(task)
    dataset = task.load_direction("valid", src, tgt)
    batch = dataset.collater([dataset[row] for row in range(5)])
    with torch.no_grad():
        output, _ = model(**batch["net_input"])
    return output, batch, task.target_dictionary


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_model_starts_as_it_is(kind, pieces, published, tmp_path):
    original, folder = published(kind)
    path = started(pieces, folder, tmp_path / "on", "--freeze-backbone")
    checkpoint = Checkpoint(path)
    assert list(checkpoint.languages) == ["de", "en", "fr"]
    assert checkpoint.metadata["format"]["encoder_langtok"] == "src"
    expected, _, before = scores(original, pieces)
    found, _, after = scores(path, pieces)
    assert before.symbols == after.symbols
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def of_transformers(kind, pieces, folder):
    """A model of transformers with random weights, saved to a folder."""
    transformers = pytest.importorskip("transformers")
    write_settings(folder, kind, pieces)
    torch.manual_seed(1)
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
        model.get_input_embeddings().weight[1].zero_()  # <pad>
    model.save_pretrained(folder)
    return model


def compare_scores(model, path, kind, pieces):
    """Compares the scores of a model of transformers and of a checkpoint of ours."""
    ours, batch, dictionary = scores(path, pieces)
    numbers = {symbol: number for number, symbol in enumerate(symbols_of(kind, pieces))}
    rows = torch.tensor([numbers[symbol] for symbol in dictionary.symbols])
    # fairseq pads sources on the left, transformers on the right
    sources = [row[row.ne(1)] for row in batch["net_input"]["src_tokens"]]
    padded = torch.nn.utils.rnn.pad_sequence(sources, batch_first=True, padding_value=1)
    with torch.no_grad():
        expected = model(
            input_ids=rows[padded],
            attention_mask=padded.ne(1).long(),
            decoder_input_ids=rows[batch["net_input"]["prev_output_tokens"]],
        ).logits
    kept = batch["target"].ne(1)
    torch.testing.assert_close(ours[kept], expected[..., rows][kept], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_transformers(kind, pieces, tmp_path):
    model = of_transformers(kind, pieces, tmp_path / kind)
    path = started(pieces, tmp_path / kind, tmp_path / "on", "--freeze-backbone")
    compare_scores(model, path, kind, pieces)


@pytest.mark.parametrize("kind", KINDS)
def test_lora_in_the_layout_of_peft_has_the_scores_of_ours(kind, pieces, tmp_path, run):
    model, folder = of_transformers(kind, pieces, tmp_path / kind), tmp_path / kind
    peft = pytest.importorskip("peft")
    words = ("--adapter-kind", "lora", "--lora-points", "self_attn.q,cross_attn.v,ffn.hidden,ffn.out",
             "--adapter-start", "calibrated", "--lr", "0.01", "--max-update", "3")  # fmt: skip
    path = started(pieces, folder, tmp_path / "on", "--freeze-backbone", *words)
    out = tmp_path / "peft"
    run("export", "--checkpoint", path, "--direction", "en-fr", "--peft", "--out", out, "--json")
    with pytest.raises(AssertionError):
        compare_scores(model, path, kind, pieces)
    compare_scores(peft.PeftModel.from_pretrained(model, out).eval(), path, kind, pieces)


def test_from_raw_text_to_the_translations_of_the_published_model(pieces, published, tmp_path, run):
    original, folder = published("nllb")
    (tmp_path / "data.yaml").write_text(
        f"languages: [fr, en]\npretrained: {folder}\nfilters: {{copies: false}}\nbitext:\n"
        f"  - {{pair: en-fr, train: '{pieces}/raw.train.{{lang}}', valid: '{pieces}/raw.valid.{{lang}}',"
        f" test: '{pieces}/raw.test.{{lang}}'}}\n"
    )
    result = run("prepare", tmp_path / "data.yaml", "--out", tmp_path / "data", "--json")
    assert result["pretrained"] == str(folder)
    # the languages of the original, as the tokens of others share the probabilities
    words = ("--lang-pairs", "en-fr,fr-en", "--langs", "de,en,fr")
    path = started(tmp_path / "data", folder, tmp_path / "on", *words)
    translations = []
    for name, checkpoint, data in (("a", original, pieces), ("b", path, tmp_path / "data")):
        out = tmp_path / name
        run("evaluate", "--checkpoint", checkpoint, "--data", data / "bin", "--directions", "en-fr",
            "--max-len-b", "20", "--cpu", "--out", out, "--json")  # fmt: skip
        columns = (
            (out / part / "en-fr.txt").read_text().splitlines()
            for part in ("sources", "hypotheses")
        )
        translations.append(dict(zip(*columns)))
    assert len(translations[1]) > 10  # `prepare` leaves some out
    assert translations[1] == {text: translations[0][text] for text in translations[1]}
    text = (tmp_path / "data.yaml").read_text().replace("[fr, en]", "[fr, en, zz]")
    (tmp_path / "other.yaml").write_text(text)
    error = run("prepare", tmp_path / "other.yaml", "--out", tmp_path / "no", "--json")
    assert "does not know 'zz'" in error and not (tmp_path / "no").exists()


def refused(folder, pieces, match, *extra):
    with pytest.raises(UserError, match=match):
        train(pieces, folder.parent / "refused", "--init-from", str(folder), *extra)


def test_what_cannot_be_taken_over_is_refused(pieces, published, tmp_path):
    _, folder = published("nllb")
    refused(folder, pieces, "--encoder-langtok tgt differs from .*, which needs src")
    words = ("--encoder-langtok", "src")
    refused(folder, pieces, "does not know 'zz'", *words, "--lang-pairs", "zz-en")

    def changed(name, change):
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        change(copy)
        return copy

    def set_config(**values):
        def change(copy):
            config = json.loads((copy / "config.json").read_text())
            (copy / "config.json").write_text(json.dumps({**config, **values}))

        return change

    def change_tensors(change):
        def write(copy):
            tensors = load_file(copy / "model.safetensors")
            change(tensors)
            save_file(tensors, copy / "model.safetensors")

        return write

    for name, change, match in (
        ("activation", set_config(activation_function="selu"), "activation_function is selu"),
        ("cc25", set_config(tokenizer_class="MBartTokenizer"), "of mBART.cc25"),
        ("tied", set_config(tie_word_embeddings=False), "tie_word_embeddings is False"),
        ("width", set_config(d_model="x"), "d_model is x, no number"),
        ("tokens", lambda copy: (copy / "tokenizer_config.json").unlink(), "says what the tokens"),
        ("weights", lambda copy: (copy / "model.safetensors").unlink(), "no file model.safetensors"),
        ("bias", change_tensors(lambda t: t.update(final_logits_bias=torch.ones(3))), "final_logits"),
        ("table", change_tensors(lambda t: t.update({"lm_head.weight": t["lm_head.weight"] + 1})),
         "different embeddings"),
        ("layer", change_tensors(lambda t: t.pop("model.encoder.layers.0.fc1.weight")),
         "encoder.layers.0.fc1.weight is missing"),
    ):  # fmt: skip
        refused(changed(name, change), pieces, match, *words)
    with pytest.raises(UserError, match="train it with --task multilingual_adapter_translation"):
        open_pretrained(str(folder), "hyperx")
    assert open_pretrained(str(folder), TRANSLATION).vocabulary.languages == CODES["nllb"]


def test_a_dictionary_of_other_pieces_is_refused(toy, published):
    _, folder = published("nllb")
    with pytest.raises(UserError, match="entries of the dictionary are no pieces"):
        train(toy, folder.parent / "x", "--init-from", str(folder), "--encoder-langtok", "src")
