"""The files of a Hugging Face folder: JSON, safetensors and the sentencepiece model."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..data.byte_pieces import load_pieces
from ..data.symbols import pieces_of
from ..support.errors import UserError
from ..support.file_defects import check_transfer

SENTENCEPIECE = ("sentencepiece.bpe.model", "spiece.model", "sentencepiece.model")
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


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
    """All tensors of a folder, of one file or of several.

    Raises:
        UserError: naming the file that is missing or damaged.
    """
    names = [WEIGHTS]
    if not (folder / WEIGHTS).is_file() and (folder / INDEX).is_file():
        names = sorted(set(read_json(folder / INDEX).get("weight_map", {}).values()))
    tensors: dict[str, Tensor] = {}
    for name in names:
        file = folder / Path(name).name
        if not file.is_file():
            hint = "copy or download it"
            if (folder / "pytorch_model.bin").is_file():
                hint = "pytorch_model.bin is not read: save it with save_pretrained of transformers"
            raise UserError(f"--init-from {folder}: there is no file {file.name} in it: {hint}")
        check_transfer(str(file))
        try:
            tensors |= load_file(file)
        except SafetensorError as error:
            raise UserError(f"{file} is damaged ({error}): copy or download it again") from error
    return tensors


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
        "give an encoder that has one; WordPiece (vocab.txt) and byte-level BPE (merges.txt) cannot "
        "be read"
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
