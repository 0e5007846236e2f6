"""The options of every model with adapters, as fields of a configuration."""

import dataclasses
import typing
from typing import Any, Optional

from .adapters import KINDS, AdapterKind
from .sources import INPUTS, SOURCES, STARTS


def option(kind: Any, default: Any, text: str) -> Any:
    """Type and field of one of our options."""
    return kind, dataclasses.field(default=default, metadata={"help": text})


def kind_options() -> dict[str, Any]:
    """The options of every adapter kind, see `AdapterKind.Options`."""
    options: dict[str, Any] = {}
    for name in KINDS.names():
        types = typing.get_type_hints(KINDS.get(name).Options)
        for field in dataclasses.fields(KINDS.get(name).Options):
            kind_type = types[field.name]
            if type(None) in typing.get_args(kind_type):  # fairseq's parser knows no `X | None`
                kind_type = Optional[typing.get_args(kind_type)[0]]
            entry = option(kind_type, field.default, field.metadata["help"])
            options.setdefault(field.metadata["option"], entry)
    return options


def kind_from(cfg: Any, name: str) -> AdapterKind:
    """An adapter kind with the choices that a model configuration makes.

    Raises:
        UserError: for an unknown kind or a choice out of range.
    """
    kind = KINDS.get(name)
    choices = {
        field.name: getattr(cfg, field.metadata["option"])
        for field in dataclasses.fields(kind.Options)
    }
    return kind(kind.Options(**choices))


ADAPTER_OPTIONS: dict[str, Any] = {
    "adapter_kind": option(str, "bottleneck", f"what an adapter computes: {', '.join(KINDS.names())}"),
    "adapter_source": option(
        str, "hyper",
        f"where adapter weights come from: {', '.join(SOURCES.names())} (baked: made by `hyperadapters "
        "bake`, not for training)",
    ),
    "extra_adapters": option(
        Optional[str], None,
        "further adapters in the same model, a comma-separated list of KIND:SOURCE (as lora:language), "
        "each kind once; they act after those of --adapter-kind and depend on what their source "
        "usually depends on",
    ),
    **kind_options(),
    "adapter_start": option(
        Optional[str], None,
        f"start values of the adapters: {' or '.join(STARTS)} (identity: the model starts as its "
        "backbone; calibrated: generated weights start at the scale of stored ones); by default "
        "identity with --init-from and published otherwise",
    ),
    "adapter_seed": option(
        Optional[int], None,
        "draw the start values of the adapters with this seed, whatever else is drawn, and alike for "
        "every language and task: adapters of several trainings that are to be merged need one",
    ),
    "adapter_language_ranks": option(
        Optional[str], None,
        "languages whose stored adapters (of --adapter-kind) have a smaller rank (LoRA) or bottleneck "
        "than others, a comma-separated list of LANG=RANK or LANG@POINT=RANK (as en=2,de@ffn.hidden=4)",
    ),
    "adapter_languages": option(
        Optional[str], None,
        "translation: languages that adapters are stored for, a comma-separated list, where they are stored by "
        "language (default: those of the trained directions, not all of --langs)",
    ),
    "head_masks": option(
        Optional[str], None,
        "kind head_mask: file with the heads that each language uses, of `hyperadapters subnetworks`; "
        "languages that it lacks use all",
    ),
    "hyper_hidden": option(int, 204, "hidden dimension d_h of the hypernetwork"),
    "hyper_layers": option(int, 2, "residual blocks of the hypernetwork"),
    "hyper_head_rank": option(
        int, 0, "rank of the hypernetwork's heads, each a product of two matrices; 0 for full ones"
    ),
    "hyper_lang_dim": option(int, 50, "width of the hypernetwork's language embeddings"),
    "hyper_lang_start": option(
        Optional[float], None, "standard deviation of the language embeddings at the start: small, and "
        "all languages start with like adapters; by default 1 (published), with tasks 0.1",
    ),
    "hyper_layer_dim": option(int, 50, "width of the hypernetwork's layer embeddings"),
    "hyper_dropout": option(float, 0.0, "dropout probability inside the hypernetwork"),
    "hyper_no_rescale": option(
        bool, False, "do not divide generated weights by sqrt(d_h) (for the ablation)"
    ),
    "hyper_output_norm": option(
        bool, False, "normalise the hypernetwork's last hidden state: keeps the generated weights small "
        "at large d_h or learning rate and in fp16",
    ),
    "hyper_untied": option(
        bool, False, "separate language embeddings for the source and the target side"
    ),
    "encoder_adapter_condition": option(
        Optional[str], None,
        f"what the encoder's adapters depend on, a comma-separated list of {', '.join(INPUTS.names())}"
        "; by default src,tgt for hyper, src for language, src,tgt for pair, nothing for shared",
    ),
    "decoder_adapter_condition": option(
        Optional[str], None,
        "the same for the decoder; by default tgt for hyper and language, src,tgt for pair, nothing "
        "for shared",
    ),
    "freeze_backbone": option(bool, False, "train the adapters (and their source) only"),
    "train_new_languages_only": option(
        bool, False,
        "with --init-from a checkpoint with adapters: train nothing but the embeddings (or stored adapters) of "
        "languages that it has never seen",
    ),
    "new_language_like": option(
        Optional[str], None,
        "with --init-from a checkpoint with adapters: the language whose weights new languages start with (by "
        "default new embeddings start as the mean of the known ones); in translation they share its token too",
    ),
    "save_whole_model": option(
        bool, False,
        "with --init-from: save the frozen weights in every checkpoint, instead of naming the file that "
        "has them",
    ),
    "backbone_file": option(
        Optional[str], None,
        "file for the frozen weights where what --init-from names is no checkpoint of the same layout (as a "
        "Hugging Face folder); several trainings can share it (default: backbone.pt in --save-dir)",
    ),
    "init_from": option(
        Optional[str], None,
        "pretrained model whose architecture and weights become the backbone: a checkpoint of a stock "
        "fairseq Transformer, or the folder of M2M-100, NLLB-200 or mBART-50 of Hugging Face; for "
        "hyperx_encoder a translation model, RoBERTa, XLM-R, a model of --task hyperx, or the folder of a "
        "Hugging Face encoder (bert, roberta, xlm-roberta)",
    ),
    "post_norm": option(
        bool, False, "LayerNorm after each block instead of before it (--encoder-normalize-before)"
    ),
    "separate_embeddings": option(
        bool, False, "do not share the encoder's, the decoder's and the output embeddings"
    ),
}  # fmt: skip
