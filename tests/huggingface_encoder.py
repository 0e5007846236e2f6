"""A small random encoder in Hugging Face's layout, and what its published formulas compute."""

import json
import shutil
from functools import partial

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from hyperadapters.data.byte_pieces import load_pieces

WIDTH, FFN, LAYERS, HEADS = 12, 20, 2, 3
PREFIXES = {"bert": "", "xlm-roberta": "roberta.", "roberta": "roberta."}
POSITIONS = {"bert": 30, "xlm-roberta": 32, "roberta": 32}  # the latter begin after <pad>


def make_settings(kind, rows, **changes):
    """The content of config.json."""
    return {
        "model_type": kind, "hidden_size": WIDTH, "intermediate_size": FFN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "vocab_size": rows,
        "max_position_embeddings": POSITIONS[kind], "type_vocab_size": 2, "hidden_act": "gelu",
        "layer_norm_eps": 1e-2 if kind == "bert" else 1e-5,  # one that shows in the features
        "pad_token_id": 0 if kind == "bert" else 1,  # which BERT's numbers do not depend on
        "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, **changes,
    }  # fmt: skip


def tensor_shapes(rows, positions):
    """The tensors of an encoder of Hugging Face."""
    sizes = {"attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH),
             "attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH),
             "intermediate.dense": (FFN, WIDTH), "output.dense": (WIDTH, FFN)}  # fmt: skip
    shapes = {f"embeddings.{name}_embeddings.weight": (count, WIDTH)
             for name, count in (("word", rows), ("position", positions), ("token_type", 2))}  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        for name, size in sizes.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"] = size
            shapes[f"encoder.layer.{layer}.{name}.bias"] = size[:1]
        norms += [
            f"encoder.layer.{layer}.{part}.LayerNorm" for part in ("attention.output", "output")
        ]
    for name in norms:
        shapes |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    return shapes


HEAD = {
    "bert": {"dense": "cls.predictions.transform.dense", "bias": "cls.predictions.bias",
             "norm": "cls.predictions.transform.LayerNorm"},
    "xlm-roberta": {"dense": "lm_head.dense", "norm": "lm_head.layer_norm", "bias": "lm_head.bias"},
}  # fmt: skip


def write_folder(folder, tagging, kind="bert", surplus=0, write_tokenizer=None, **changes):
    """Writes an encoder with random weights, its head of masked language modelling and its pooler.

    Args:
        folder: where to.
        tagging: the folder of the sentencepiece model.
        kind: its model_type.
        surplus: embeddings that no piece uses.
        write_tokenizer: writes tokenizer.json into the folder and returns the size of its vocabulary;
            by default there is a sentencepiece model.
        changes: to config.json.
    """
    folder.mkdir(parents=True)
    rows = (write_tokenizer or partial(copy_sentencepiece, tagging))(folder) + surplus
    (folder / "config.json").write_text(json.dumps(make_settings(kind, rows, **changes)))
    shapes = {
        PREFIXES[kind] + name: size for name, size in tensor_shapes(rows, POSITIONS[kind]).items()
    }
    head = HEAD["bert" if kind == "bert" else "xlm-roberta"]
    shapes |= {f"{head['dense']}.weight": (WIDTH, WIDTH), f"{head['dense']}.bias": (WIDTH,)}
    shapes |= {f"{head['norm']}.weight": (WIDTH,), f"{head['norm']}.bias": (WIDTH,)}
    shapes |= {head["bias"]: (rows,), f"{PREFIXES[kind]}pooler.dense.weight": (WIDTH, WIDTH)}
    tensors = {name: torch.randn(size) * 0.3 for name, size in shapes.items()}
    save_file(tensors, folder / "model.safetensors")
    return folder


def copy_sentencepiece(tagging, folder):
    """Copies the sentencepiece model of a corpus; returns how many symbols an encoder has of it."""
    shutil.copy(tagging / "sentencepiece.model", folder / "sentencepiece.bpe.model")
    tokenizer = {"tokenizer_class": "XLMRobertaTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    # <unk>, <s> and </s> are numbered anew, <pad> and <mask> are added
    return load_pieces(str(tagging / "sentencepiece.model")).sp.get_piece_size() + 2


def change_tensors(folder, change):
    """Writes the tensors of a folder again after `change`, a function of their mapping."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def reference_outputs(folder, tokens):
    """Features [B, T, C], by the formulas of Devlin et al. (2019), and the scores of pieces."""
    config = json.loads((folder / "config.json").read_text())
    kind, eps = config["model_type"], config["layer_norm_eps"]
    stored = {
        name.removeprefix(PREFIXES[kind]): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }

    def linear(x, name):
        return F.linear(x, stored[f"{name}.weight"], stored[f"{name}.bias"])

    def norm(x, name):
        return F.layer_norm(x, (WIDTH,), stored[f"{name}.weight"], stored[f"{name}.bias"], eps)

    def heads(x):
        return x.view(*x.shape[:2], HEADS, -1).transpose(1, 2)  # [B, heads, T, C / heads]

    start = 0 if kind == "bert" else 2
    x = stored["embeddings.word_embeddings.weight"][tokens]
    x = x + stored["embeddings.position_embeddings.weight"][start : start + tokens.size(1)]
    x = norm(x + stored["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        layer_name = f"encoder.layer.{layer}."
        q, k, v = (
            heads(linear(x, f"{layer_name}attention.self.{n}")) for n in ("query", "key", "value")
        )
        scores = q @ k.transpose(2, 3) / (WIDTH // HEADS) ** 0.5
        scores = scores.masked_fill((tokens == 1)[:, None, None], float("-inf"))
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = norm(
            x + linear(mixed, f"{layer_name}attention.output.dense"),
            f"{layer_name}attention.output.LayerNorm",
        )
        hidden = F.gelu(linear(x, f"{layer_name}intermediate.dense"))
        x = norm(x + linear(hidden, f"{layer_name}output.dense"), f"{layer_name}output.LayerNorm")
    head = HEAD["bert" if kind == "bert" else "xlm-roberta"]
    hidden = norm(F.gelu(linear(x, head["dense"])), head["norm"])
    return x, F.linear(hidden, stored["embeddings.word_embeddings.weight"], stored[head["bias"]])
