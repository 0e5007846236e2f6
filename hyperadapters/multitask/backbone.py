"""The checkpoint that a model with tasks starts from: a translation model or a RoBERTa."""

import logging
from argparse import Namespace
from typing import Any, Dict, List

import torch
from fairseq.data import Dictionary
from fairseq.data.multilingual.multilingual_utils import get_lang_tok
from fairseq.models.roberta.model import base_architecture
from omegaconf import DictConfig
from torch import Tensor, nn

from ..checkpoints import NOT_ARCHITECTURE, flat_fields, load, settings
from ..errors import Problems, UserError
from ..freezing import is_backbone
from .pieces import MASK

logger = logging.getLogger(__name__)

EMBEDDINGS = "encoder.embed_tokens.weight"
ROBERTA = "encoder.sentence_encoder."
POSITIONS = ("max_source_positions", "max_target_positions")


class Backbone:
    """A checkpoint whose architecture and weights become the backbone.

    Args:
        path: given as --init-from.
    Raises:
        UserError: if it holds neither a Transformer nor a RoBERTa.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        state = load(path)
        stored = settings(state, "model")
        # old versions of RoBERTa call their encoder a decoder
        tensors = {
            name.replace("decoder.", "encoder.", 1) if name.startswith("decoder.sent") else name: t
            for name, t in state["model"].items()
        }
        self.is_roberta = any(name.startswith(ROBERTA) for name in tensors)
        if self.is_roberta:
            self.options = roberta_options(stored)
            self.tensors = roberta_tensors(tensors)
        elif "encoder.layers.0.self_attn.k_proj.weight" in tensors and stored:
            self.options = stored
            self.tensors = {name: tensor for name, tensor in tensors.items() if is_backbone(name)}
        else:
            raise UserError(
                f"--init-from {path}: neither a fairseq Transformer nor a RoBERTa: give a checkpoint "
                "of --arch transformer, adapter_transformer, roberta or one of their presets"
            )
        self.recorded = state.get("task_state") or {}

    def give_architecture(self, cfg: DictConfig) -> None:
        """Sets a model configuration to the checkpoint's architecture, saying what changes."""
        taken = [name for name in flat_fields() if name not in NOT_ARCHITECTURE]
        for name in [*taken, *POSITIONS]:
            if name in self.options and cfg.get(name) != self.options[name]:
                option = name.replace("_", "-")
                if cfg.get(name) is not None:
                    logger.info(
                        f"--{option} {self.options[name]} taken from {self.path} (was {cfg.get(name)})"
                    )
                cfg[name] = self.options[name]

    def symbols(self, dictionary: Dictionary) -> List[str]:
        """The symbol of each of its embeddings.

        Args:
            dictionary: that of the corpus, without language tokens and `<mask>`.
        Raises:
            UserError: if it cannot be the checkpoint's.
        """
        symbols = list(dictionary.symbols)
        wanted = self.tensors[EMBEDDINGS].size(0)
        style = (self.recorded.get("format") or {}).get("lang_tok_style", "multilingual")
        for code in self.recorded.get("languages", []):
            token = get_lang_tok(code, style)
            if token not in symbols and len(symbols) < wanted:
                symbols.append(token)
        if len(symbols) == wanted - 1 and MASK not in symbols:
            symbols.append(MASK)
        if len(symbols) != wanted:
            raise UserError(
                f"--init-from {self.path}: it has {wanted} embeddings, the corpus's dictionary "
                f"{len(dictionary)} entries: give the dictionary that it was trained with"
            )
        return symbols

    def load_into(self, model: nn.Module, symbols: List[str], dictionary: Dictionary) -> None:
        """Copies its weights into a model whose heads and adapters keep their start values.

        An embedding that it lacks, such as that of `<mask>`, starts as the mean of all.

        Args:
            model: the model.
            symbols: the symbols of its embeddings.
            dictionary: the model's dictionary.
        Raises:
            UserError: naming everything that does not fit, before anything is copied.
        """
        tensors = dict(self.tensors)
        for name in (EMBEDDINGS, "heads.mlm.bias"):
            if name in tensors:
                tensors[name] = rearranged(tensors[name], symbols, dictionary)
        own = model.state_dict()
        problems = Problems()
        kept: Dict[str, Tensor] = {}
        for name, tensor in own.items():
            stored = tensors.get(name.replace("heads.translation.", "decoder."))
            if name.endswith("_extra_state"):
                continue
            if name.startswith("encoder.") and not is_backbone(name) or name == "heads.mlm.weight":
                continue  # adapters, and a second name of the embeddings
            if stored is not None and stored.shape == tensor.shape:
                kept[name] = stored
            elif stored is not None:
                problems.add(f"{name} is {tuple(stored.shape)}, not {tuple(tensor.shape)}")
            elif name.startswith("encoder.") and not name.endswith(("version", "_float_tensor")):
                problems.add(f"{name} is missing")
        if EMBEDDINGS in kept:
            for name in ("heads.translation.embed_tokens.weight",
                         "heads.translation.output_projection.weight"):  # fmt: skip
                kept.update({name: kept[EMBEDDINGS]} if name in own else {})
        if problems.found:
            shown = "; ".join(problems.found[:5])
            raise UserError(
                f"--init-from {self.path} does not fit ({len(problems.found)} tensors: {shown})"
            )
        nn.Module.load_state_dict(model, kept, strict=False)
        logger.info(f"loaded {len(kept)} tensors from {self.path}")


def roberta_options(stored: Dict[str, Any]) -> Dict[str, Any]:
    """A RoBERTa's settings under the names of the Transformer's options."""
    args = Namespace(**stored)
    base_architecture(args)
    args.max_source_positions = getattr(args, "max_positions", None) or args.tokens_per_sample
    args.encoder_learned_pos = getattr(args, "encoder_learned_pos", True)
    return vars(args)


def roberta_tensors(tensors: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """A RoBERTa's tensors under the names of our encoder and head."""
    found = {}
    for name, tensor in tensors.items():
        name = name.replace(".emb_layer_norm.", ".layernorm_embedding.")
        if name.startswith(ROBERTA):
            found["encoder." + name[len(ROBERTA) :]] = tensor
        elif name.startswith("encoder.lm_head."):
            found["heads.mlm." + name[len("encoder.lm_head.") :]] = tensor
    return split_projections(found)


def split_projections(tensors: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Tensors in which the joint input projections of old versions are three."""
    found = {}
    for name, tensor in tensors.items():
        if ".in_proj_" in name:
            for part, piece in zip("qkv", tensor.chunk(3)):
                found[name.replace(".in_proj_", f".{part}_proj.")] = piece
        else:
            found[name] = tensor
    return found


def rearranged(rows: Tensor, symbols: List[str], dictionary: Dictionary) -> Tensor:
    """Rows [symbols, ...] in the order of a dictionary, the mean where there is none."""
    place = {symbol: number for number, symbol in enumerate(symbols)}
    mean = rows.float().mean(0).to(rows.dtype)
    return torch.stack([rows[place[one]] if one in place else mean for one in dictionary.symbols])
