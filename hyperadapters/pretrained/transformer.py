"""Translation models: fairseq's Transformer, and ours, whose backbone is one."""

import logging
from collections.abc import Mapping
from typing import Any

from fairseq.data import Dictionary
from fairseq.data.multilingual.multilingual_utils import augment_dictionary
from torch import Tensor

from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.task_metadata import TOKENS, dictionary_fingerprint, take_input_format
from ..multitask.all_tasks import decoder_task
from ..multitask.cells import parse_cells
from ..multitask.pieces import read_dictionary
from ..support.errors import UserError
from ..support.languages import codes_of
from ..training.freezing import DECODER, is_backbone
from .base import DECODER_EMBEDDINGS, EMBEDDINGS, FORMATS, HYPERX, TRANSLATION, Pretrained, Training

logger = logging.getLogger(__name__)

BART_TASKS = ("multilingual_denoising", "translation_from_pretrained_bart")
DATA_TAGS = ("<MINED_DATA>", "<MMT_BT_DATA>", "<SMT_BT_DATA>")
FIRST_PROJECTION = "encoder.layers.0.self_attn.k_proj.weight"


@FORMATS.register("transformer")
class Transformer(Pretrained):
    """A checkpoint of fairseq's Transformer, or of ours without adapters.

    Args:
        checkpoint: the checkpoint.
    """

    title = "a fairseq Transformer"
    example = "a checkpoint of --arch transformer, adapter_transformer or one of their presets"
    tasks = (HYPERX, TRANSLATION)

    def __init__(self, checkpoint: Checkpoint) -> None:
        options, tensors = checkpoint.section("model"), renamed(checkpoint.state["model"])
        super().__init__(checkpoint.path, options, tensors)
        self.metadata = checkpoint.metadata
        self.task = {**checkpoint.section("task"), **self.metadata.get("format", {})}

    @classmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        return is_translation(checkpoint) and all(map(is_backbone, checkpoint.state["model"]))

    def symbols(self, training: Training) -> list[str]:
        dictionary = read_dictionary(training.dictionary_file)
        if self.languages():
            shared = self.metadata.get("token_of", {})  # with the token of another language
            augment_dictionary(
                dictionary, [code for code in self.languages() if code not in shared], self.token_style,
                self.task.get("langtoks_specs", ("main",)) or (), self.task.get("extra_data"),
            )  # fmt: skip
        for tag in self.data_tags:
            dictionary.add_symbol(tag)
        stored = self.metadata.get("dictionary")
        check_dictionary(self, dictionary, training, stored and stored["sha256"])
        return dictionary.symbols

    @property
    def tokens(self) -> dict[str, Any]:
        """The options of its language tokens; empty if it was trained without."""
        if not self.languages():
            return {}
        if self.is_bart:
            return {
                "encoder_langtok": "src",
                "decoder_langtok": "True",
                "lang_tok_style": self.token_style,
            }
        return {name: self.task[name] for name in (*TOKENS, "langtoks_specs") if name in self.task}

    @property
    def token_style(self) -> str:
        """fairseq's style of its language tokens."""
        return "mbart" if self.is_bart else self.task.get("lang_tok_style") or "multilingual"

    @property
    def data_tags(self) -> tuple[str, ...]:
        """What NLLB's own version of fairseq adds to the end of the dictionary."""
        return DATA_TAGS if self.task.get("add_data_source_prefix_tags") else ()

    def tensors_for(self, dictionary: Dictionary) -> dict[str, Tensor]:
        tags = len(self.data_tags)
        if tags and len(self.tensors[EMBEDDINGS]) == len(dictionary) + tags:
            logger.info(
                f"{self.path}: the embeddings of {', '.join(self.data_tags)} are left out: sentences here "
                "have no such tag"
            )
            by_symbol = (name for name in self.tensors if name.endswith(DECODER_EMBEDDINGS))
            self.tensors |= {name: self.tensors[name][:-tags] for name in by_symbol}
        tensors, stored = super().tensors_for(dictionary), self.metadata.get("dictionary")
        if stored and stored["sha256"] != dictionary_fingerprint(dictionary):
            raise UserError(
                f"--init-from {self.path}: the dictionary has as many entries as the one that it was trained "
                "with, but others: use that dictionary"
            )
        return tensors

    @property
    def is_bart(self) -> bool:
        """Whether it is an mBART that fairseq's own tasks for it trained."""
        return (self.task.get("_name") or self.task.get("task")) in BART_TASKS

    def take_translation_format(self, args: Any) -> None:
        before = {name: getattr(args, name) for name in self.tokens}
        if not before:
            return
        if self.is_bart:
            logger.warning(
                f"{self.path}: its sentences end with the token of their language; here they begin with it, as "
                "mBART-50's do: train the backbone too, without --freeze-backbone"
            )
        take_input_format(args, self.path, args.langs, self.languages(), self.tokens)
        for name, value in self.tokens.items():
            if value != before[name]:
                logger.info(f"--{name.replace('_', '-')} {value} taken from {self.path}")

    def take_input_format(self, options: Any) -> None:
        tasks = {cell.task for cell in parse_cells(options.task_languages or "")}
        if not (self.tokens and decoder_task(tasks)):
            return
        if self.tokens.get("decoder_langtok") or self.tokens.get("lang_tok_replacing_bos_eos"):
            raise UserError(
                f"--init-from {self.path}: it was trained with --decoder-langtok or "
                "--lang-tok-replacing-bos-eos, which translation cells do not have: leave these out"
            )
        for name in ("encoder_langtok", "lang_tok_style"):
            value, stored = getattr(options, name), self.tokens.get(name)
            if value not in (None, stored) and name == "encoder_langtok":
                raise UserError(
                    f"--encoder-langtok {value} differs from {self.path}, which has {stored}: leave it out"
                )
            self.take(options, name, stored)

    def languages(self) -> list[str]:
        """The languages whose tokens its task added to the dictionary."""
        codes = self.metadata.get("languages") or self.task.get("langs")
        if not codes and self.task.get("langtoks_specs") is not None:
            pairs = self.task.get("lang_pairs") or []
            codes = codes_of(pairs.split(",") if isinstance(pairs, str) else pairs)
        return codes.split(",") if isinstance(codes, str) else list(codes or [])


def is_translation(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint is one of a translation model, fairseq's or ours."""
    tensors = split_projections(checkpoint.state["model"])
    is_transformer = FIRST_PROJECTION in tensors and bool(checkpoint.section("model"))
    return is_transformer and not checkpoint.has_cells


def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The backbone of a translation model under our names."""
    split = {name: t for name, t in split_projections(tensors).items() if is_backbone(name)}
    # old versions of fairseq have no output matrix where it is the table of embeddings
    output, table = "decoder.output_projection.weight", split.get("decoder.embed_tokens.weight")
    if output not in split and table is not None:
        split[output] = split.pop("decoder.embed_out", table)
    return {
        DECODER + name.removeprefix("decoder.") if name.startswith("decoder.") else name: tensor
        for name, tensor in split.items()
    }


def split_projections(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors in which the joint input projections of fairseq's first versions are three."""
    split = {}
    for name, tensor in tensors.items():
        if ".in_proj_" in name:
            for part, rows in zip("qkv", tensor.chunk(3)):
                split[name.replace(".in_proj_", f".{part}_proj.")] = rows
        else:
            split[name] = tensor
    return split


def check_dictionary(
    pretrained: Pretrained, dictionary: Any, training: Training, digest: str | None = None
) -> None:
    """Makes sure that the corpus has the dictionary of a pretrained model.

    Args:
        pretrained: the model.
        dictionary: that of the corpus with the symbols that the model's training added.
        training: names its file.
        digest: that of the model's dictionary, if it is known.
    Raises:
        UserError: if it has another size or other symbols.
    """
    rows, file = len(pretrained.tensors[EMBEDDINGS]), training.dictionary_file
    if len(dictionary) != rows or digest and digest != dictionary_fingerprint(dictionary):
        raise UserError(
            f"--init-from {pretrained.path}: {file} is not the dictionary that it was trained with (it "
            f"has {rows} embeddings, {file.name} with the symbols that training adds "
            f"{len(dictionary)} entries)"
        )
