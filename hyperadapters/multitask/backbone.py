"""A translation model or a RoBERTa, whose architecture and weights become the backbone."""

import logging
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from fairseq.data import Dictionary
from fairseq.data.multilingual.multilingual_utils import augment_dictionary
from torch import Tensor, nn

from ..checkpoints import settings
from ..checkpoints.task_metadata import dictionary_fingerprint
from ..errors import UserError
from ..freezing import DECODER, is_backbone
from ..languages import codes_of
from .pieces import MASK
from .roberta import is_roberta, roberta_options, roberta_tensors
from .start import BY_SYMBOL, EMBEDDINGS, Start, Training

logger = logging.getLogger(__name__)


class Backbone(Start):
    """A checkpoint of fairseq's Transformer, of ours without its adapters, or of a RoBERTa.

    Args:
        path: given as --init-from.
        state: what it holds.
    Raises:
        UserError: if it holds neither a Transformer nor a RoBERTa.
    """

    def __init__(self, path: str, state: Mapping[str, Any]) -> None:
        stored = settings(state, "model")
        tensors = split_projections(state["model"])
        self.is_roberta = is_roberta(tensors)
        if self.is_roberta:
            found = roberta_tensors(tensors)
            super().__init__(path, roberta_options(stored, found, Dictionary().pad()), found, True)
            if stored.get("untie_weights_roberta"):
                logger.info(
                    f"{path}: its head of masked language modelling has an output matrix of its own, "
                    "which is left out: ours is the embedding table"
                )
        elif "encoder.layers.0.self_attn.k_proj.weight" in tensors and stored:
            super().__init__(path, stored, translation_tensors(tensors))
            if len(self.tensors) < len(tensors) - ("_extra_state" in tensors):
                logger.info(f"{path}: its adapters are left out")
        else:
            raise UserError(
                f"--init-from {path}: neither a fairseq Transformer nor a RoBERTa nor a model of "
                "--task hyperx: give a checkpoint of --arch transformer, adapter_transformer, "
                "roberta, hyperx_encoder or one of their presets"
            )
        self.recorded = state.get("task_state") or {}
        self.task = {**settings(state, "task"), **self.recorded.get("format", {})}

    def symbols(self, file: Path) -> List[str]:
        """The symbol of each of its embeddings.

        Args:
            file: the dictionary of the corpus.
        Raises:
            UserError: if it cannot be the checkpoint's.
        """
        dictionary = Dictionary.load(str(file))
        if self.is_roberta:
            dictionary.add_symbol(MASK)
        elif self.languages():
            augment_dictionary(
                dictionary, self.languages(), self.task.get("lang_tok_style") or "multilingual",
                self.task.get("langtoks_specs", ("main",)) or (), self.task.get("extra_data"),
            )  # fmt: skip
        wanted, stored = self.tensors[EMBEDDINGS].size(0), self.recorded.get("dictionary")
        fingerprint = dictionary_fingerprint(dictionary)
        if len(dictionary) != wanted or stored and stored["sha256"] != fingerprint:
            raise UserError(
                f"--init-from {self.path}: {file} is not the dictionary that it was trained with (it "
                f"has {wanted} embeddings, {file.name} with the symbols that training adds "
                f"{len(dictionary)} entries)"
            )
        return dictionary.symbols

    def languages(self) -> List[str]:
        """The languages whose tokens its task added to the dictionary."""
        found = self.recorded.get("languages") or self.task.get("langs")
        if not found and self.task.get("langtoks_specs") is not None:
            pairs = self.task.get("lang_pairs") or []
            found = codes_of(pairs.split(",") if isinstance(pairs, str) else pairs)
        return found.split(",") if isinstance(found, str) else list(found or [])

    def load_into(self, model: nn.Module, training: Training, like: Optional[str]) -> None:
        self.refuse_like(like)
        tensors = self.by_symbol(self.symbols(training.dictionary_file), training.dictionary)
        if "translation" in training.tables.tasks:
            self.check_shared(tensors)
        for name in BY_SYMBOL:
            if name != "heads.mlm.bias":
                tensors[name] = tensors[EMBEDDINGS]
        self.copy(model, tensors, self.may_lack)

    def may_lack(self, name: str) -> bool:
        """Adapters and heads are new, and the decoder if it has none."""
        return not is_backbone(name) or name.startswith(DECODER) and not self.has_decoder


def translation_tensors(tensors: Mapping[str, Tensor]) -> Dict[str, Tensor]:
    """The backbone of a translation model under the names of our encoder and head."""
    return {
        DECODER + name.removeprefix("decoder.") if name.startswith("decoder.") else name: tensor
        for name, tensor in tensors.items()
        if is_backbone(name) and name != "_extra_state"
    }


def split_projections(tensors: Mapping[str, Tensor]) -> Dict[str, Tensor]:
    """Tensors in which the joint input projections of old versions are three."""
    found = {}
    for name, tensor in tensors.items():
        if ".in_proj_" in name:
            for part, piece in zip("qkv", tensor.chunk(3)):
                found[name.replace(".in_proj_", f".{part}_proj.")] = piece
        else:
            found[name] = tensor
    return found
