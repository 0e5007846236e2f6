"""The files of a Hugging Face folder: JSON, tensors and the tokenizer."""

import json
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..data.byte_pieces import load_pieces
from ..data.symbols import pieces_of
from ..data.tokenizer_pieces import FILE
from ..support.errors import UserError
from ..support.file_defects import check_transfer

SENTENCEPIECE = ("sentencepiece.bpe.model", "spiece.model", "sentencepiece.model")
WEIGHTS = "model.safetensors"
TORCH_WEIGHTS = "pytorch_model.bin"
# Hugging Face's names of activations, and fairseq's
ACTIVATIONS = {
    "gelu": "gelu", "relu": "relu", "gelu_new": "gelu_accurate",
    "gelu_fast": "gelu_accurate", "gelu_pytorch_tanh": "gelu_accurate",
}  # fmt: skip


def read_json(path: Path) -> dict[str, Any]:
    """Raises:
    UserError: if a file holds no JSON object.
    """
    check_transfer(str(path))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is no JSON ({error}): copy or download it again") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is no JSON object: copy or download it again")
    return content


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder, of one file or of several, safetensors or else PyTorch's.

    Raises:
        UserError: naming the file that is missing or damaged.
    """
    tensors: dict[str, Tensor] = {}
    for file in weight_files(folder):
        if not file.is_file():
            raise UserError(
                f"--init-from {folder}: there is no file {file.name} in it: copy or download it"
            )
        check_transfer(str(file))
        try:
            if file.suffix == ".safetensors":
                tensors |= load_file(file)
            else:  # nothing but tensors is read, whatever else such a file holds
                tensors |= torch.load(file, map_location="cpu", weights_only=True)
        except UnpicklingError as error:
            raise UserError(
                f"{file} holds more than tensors, which is not read, or is no file of PyTorch: save the model "
                "again with save_pretrained of transformers"
            ) from error
        except (SafetensorError, RuntimeError, EOFError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise UserError(f"{file} is damaged ({reason}): copy or download it again") from error
    return tensors


def weight_files(folder: Path) -> list[Path]:
    """The files of a folder that hold its tensors; the first form of which there is any."""
    for name in (WEIGHTS, TORCH_WEIGHTS):
        index = folder / f"{name}.index.json"
        if (folder / name).is_file():
            return [folder / name]
        if index.is_file():
            names = sorted(set(read_json(index).get("weight_map", {}).values()))
            return [folder / Path(name).name for name in names]
    return [folder / WEIGHTS]


def added_tokens(folder: Path, pieces: int) -> dict[str, int]:
    """The number of each token that a tokenizer has beside its pieces.

    Args:
        folder: the folder.
        pieces: how many pieces there are: files that give no numbers list the tokens after them.
    """
    tokenizer, settings = folder / "tokenizer.json", folder / "tokenizer_config.json"
    if tokenizer.is_file():
        entries = read_json(tokenizer).get("added_tokens") or []
        if entries:
            return {entry["content"]: entry["id"] for entry in entries}
    config = read_json(settings) if settings.is_file() else {}
    if config.get("added_tokens_decoder"):
        decoder = config["added_tokens_decoder"].items()
        return {entry["content"]: int(number) for number, entry in decoder}
    special = folder / "special_tokens_map.json"
    tokens = (read_json(special) if special.is_file() else config).get(
        "additional_special_tokens", []
    )
    names = [token["content"] if isinstance(token, dict) else token for token in tokens]
    return {name: pieces + number for number, name in enumerate(names)}


def sentencepiece_of(folder: Path) -> Path:
    """The sentencepiece model of a folder.

    Raises:
        UserError: if there is none.
    """
    for name in SENTENCEPIECE:
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"--init-from {folder}: there is no sentencepiece model ({', '.join(SENTENCEPIECE)}) in it: "
        "copy or download it"
    )


def tokenizer_of(folder: Path) -> Path:
    """The tokenizer of an encoder's folder: a sentencepiece model, or else tokenizer.json.

    Raises:
        UserError: if there is none.
    """
    for name in (*SENTENCEPIECE, FILE):
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"--init-from {folder}: there is neither a sentencepiece model ({', '.join(SENTENCEPIECE)}) nor "
        f"{FILE} in it: copy or download it, or, where there is vocab.txt alone, write it with "
        "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) of transformers"
    )


def check_numbering(
    folder: Path, config: Mapping[str, Any], pieces: Path, symbols: list[str]
) -> None:
    """Makes sure that embeddings are numbered as XLM-R's: `<s>`, `<pad>`, `</s>`, `<unk>`, the pieces
    from number 3 on, `<mask>`.

    Args:
        folder: the folder.
        config: its config.json.
        pieces: its sentencepiece model.
        symbols: the symbols in this order.
    Raises:
        UserError: if they are not, or no file says so.
    """
    numbered = pieces_of(load_pieces(str(pieces)).sp)
    plain = numbered[:3] == ["<unk>", "<s>", "</s>"] and len(symbols) == len(numbered) + 2
    tokenizer_file, settings_file = folder / "tokenizer.json", folder / "tokenizer_config.json"
    model = read_json(tokenizer_file).get("model") if tokenizer_file.is_file() else None
    if isinstance(model, dict) and isinstance(model.get("vocab"), list):  # pieces with scores
        vocabulary = [piece for piece, _ in model["vocab"][: len(symbols)]]
        plain &= vocabulary in (symbols, symbols[:-1])  # it may add <mask> to them
    elif config["model_type"] != "xlm-roberta":
        settings = {**config, **(read_json(settings_file) if settings_file.is_file() else {})}
        plain &= str(settings.get("tokenizer_class")).startswith("XLMRobertaTokenizer")
    if not plain:
        raise UserError(
            f"--init-from {folder}: its tokenizer does not number the pieces of {pieces.name} as "
            "XLMRobertaTokenizer does (see tokenizer_class in tokenizer_config.json): give a model "
            "that has this tokenizer"
        )
