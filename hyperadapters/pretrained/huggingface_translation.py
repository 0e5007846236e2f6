"""Translation models in Hugging Face's layout: M2M-100, NLLB-200 and mBART-50, read without their package."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairseq.data import Dictionary
from torch import Tensor

from ..checkpoints.checkpoint import Checkpoint
from ..support.errors import Problems, UserError, format_list
from ..support.languages import codes_of
from ..training.freezing import DECODER
from .base import FORMATS, TRANSLATION, Pretrained, Training
from .huggingface_files import ACTIVATIONS, read_json, read_tensors
from .huggingface_vocabulary import STYLE, Vocabulary
from .weights import EMBEDDINGS, with_rows_of

logger = logging.getLogger(__name__)

# the options that its sentences need: the source begins with its language, the target too
INPUT_FORMAT = {
    "encoder_langtok": "src", "decoder_langtok": True, "lang_tok_style": STYLE,
    "lang_tok_replacing_bos_eos": False, "langtoks_specs": ["main"],
}  # fmt: skip
SIZES = {
    "{side}_layers": "{side}_layers", "{side}_ffn_dim": "{side}_ffn_embed_dim",
    "{side}_attention_heads": "{side}_attention_heads", "d_model": "{side}_embed_dim",
}  # fmt: skip
# Settings that change what the model computes, with the value that published models have.
USUAL = {
    "is_encoder_decoder": True, "tie_word_embeddings": True, "normalize_before": True,
    "add_final_layer_norm": True, "normalize_embedding": True, "static_position_embeddings": False,
    "add_bias_logits": False, "quantization_config": None,
}  # fmt: skip


@FORMATS.register("huggingface_translation")
class HuggingFaceTranslation(Pretrained):
    """The folder of an M2M-100, NLLB-200 or mBART-50.

    Args:
        checkpoint: the folder.
    Raises:
        UserError: naming the file that is unusable or the setting that ours has not.
    """

    title = "a Hugging Face translation model"
    example = "the folder of M2M-100, NLLB-200 or mBART-50 as Hugging Face publishes them"
    tasks = (TRANSLATION,)
    refusal = "it is a Hugging Face translation model: train it with --task multilingual_adapter_translation"
    is_folder = True
    KINDS = ("m2m_100", "mbart")

    def __init__(self, checkpoint: Checkpoint) -> None:
        path, folder = checkpoint.path, Path(checkpoint.path)
        config = read_json(folder / "config.json")
        check_config(path, config)
        tensors = renamed(path, read_tensors(folder))
        self.vocabulary = Vocabulary.read(folder, config, len(tensors[EMBEDDINGS]))
        super().__init__(path, options_of(config), tensors)

    @classmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        file = Path(checkpoint.path) / "config.json"
        return file.is_file() and read_json(file).get("model_type") in cls.KINDS

    @property
    def tokenizer(self) -> Path:
        return self.vocabulary.pieces

    def symbols(self, training: Training) -> list[str]:
        raise UserError(f"--init-from {self.path}: {self.refusal}")

    def take_translation_format(self, args: Any) -> None:
        problems = Problems()
        self.vocabulary.check_languages(args.langs or codes_of(args.lang_pairs), problems)
        for name, value in INPUT_FORMAT.items():
            given = getattr(args, name)
            if given not in (value, None, False, "main", str(value)):
                option = "--" + name.replace("_", "-")
                problems.add(f"{option} {given} differs from {self.path}, which needs {value}")
            setattr(args, name, value)
        problems.raise_if_any()
        logger.info(
            f"{self.path}: --encoder-langtok src and --decoder-langtok are set, as it needs them"
        )

    def tensors_for(self, dictionary: Dictionary) -> dict[str, Tensor]:
        numbers = self.vocabulary.numbers
        unknown = [symbol for symbol in dictionary.symbols if symbol not in numbers]
        if unknown:
            raise UserError(
                f"--init-from {self.path}: {len(unknown)} entries of the dictionary are no pieces of "
                f"{self.vocabulary.pieces.name} ({format_list(unknown[:5])}): prepare the data with "
                f"'pretrained: {self.path}'"
            )
        symbols = [""] * len(self.tensors[EMBEDDINGS])
        for symbol, number in numbers.items():
            symbols[number] = symbol
        return with_rows_of(dictionary, self.tensors, symbols)


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a translation model's folder, whose weights are not needed.

    Raises:
        UserError: if it is none, see `Vocabulary.read`.
    """
    if not HuggingFaceTranslation.recognises(Checkpoint(folder)):
        raise UserError(f"{folder} is not {HuggingFaceTranslation.example}")
    config = read_json(folder / "config.json")
    check_config(str(folder), config)
    return Vocabulary.read(folder, config, int(config["vocab_size"]))


def check_config(path: str, config: Mapping[str, Any]) -> None:
    """Raises:
    UserError: naming every setting that ours cannot take over.
    """
    problems = Problems()
    for side in ("encoder", "decoder"):
        for name in (template.format(side=side) for template in SIZES):
            if not isinstance(config.get(name), int):
                problems.add(f"{name} is {config.get(name)}, no number")
    for name, usual in USUAL.items():
        if config.get(name, usual) != usual:
            problems.add(f"{name} is {config[name]}")
    if config.get("activation_function") not in ACTIVATIONS:
        problems.add(
            f"activation_function is {config.get('activation_function')}, not {format_list(ACTIVATIONS)}"
        )
    if problems.messages:
        raise UserError(
            f"--init-from {path}: config.json cannot be taken over: {'; '.join(problems.messages)}: give "
            "a model with the usual settings"
        )


def options_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a model under the names of the Transformer's options."""
    is_mbart = config["model_type"] == "mbart"
    sides = ("encoder", "decoder")
    return {
        **{o.format(side=s): config[n.format(side=s)] for s in sides for n, o in SIZES.items()},
        **{f"{side}_normalize_before": True for side in sides},
        **{f"{side}_learned_pos": is_mbart for side in sides},
        "decoder_input_dim": config["d_model"],
        "decoder_output_dim": config["d_model"],
        "activation_fn": ACTIVATIONS[config["activation_function"]],
        "max_source_positions": config["max_position_embeddings"],
        "max_target_positions": config["max_position_embeddings"],
        "layernorm_embedding": is_mbart,
        "no_scale_embedding": not config.get("scale_embedding", False),
        "share_all_embeddings": True,
        "share_decoder_input_output_embed": True,
    }


def renamed(path: str, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under our names.

    Raises:
        UserError: if it has no table of embeddings, several that differ, or a bias of its scores.
    """
    tensors, tables = {}, []
    for name, tensor in stored.items():
        name = name.removeprefix("model.")
        if name in ("shared.weight", "lm_head.weight") or name.endswith("embed_tokens.weight"):
            tables.append(tensor)
        elif name == "final_logits_bias":
            if tensor.any():
                raise UserError(
                    f"--init-from {path}: its final_logits_bias is not 0, which ours lacks"
                )
        elif name.startswith("decoder."):
            tensors[DECODER + name.removeprefix("decoder.")] = tensor
        else:
            tensors[name] = tensor
    if not tables:
        raise UserError(f"--init-from {path}: its tensors have no embeddings: give a whole model")
    if any(not table.equal(tables[0]) for table in tables[1:]):
        raise UserError(
            f"--init-from {path}: its encoder, decoder and output have different embeddings, of which "
            "ours has one table"
        )
    shared = (EMBEDDINGS, f"{DECODER}embed_tokens.weight", f"{DECODER}output_projection.weight")
    return {**tensors, **dict.fromkeys(shared, tables[0])}
