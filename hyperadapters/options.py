"""The options of every model with adapters, as fields of a configuration."""

import dataclasses
from typing import Any, Dict, Optional

from .adapters import KINDS, PLACES
from .adapters.kind import NORMS, activations
from .sources import INPUTS, SOURCES, STARTS


def option(kind: Any, default: Any, text: str) -> Any:
    """Type and field of one of our options."""
    return kind, dataclasses.field(default=default, metadata={"help": text})


ADAPTER_OPTIONS: Dict[str, Any] = {
    "adapter_kind": option(str, "bottleneck", f"what an adapter computes: {', '.join(KINDS.names())}"),
    "adapter_source": option(
        str, "hyper",
        f"where adapter weights come from: {', '.join(SOURCES.names())} (baked: made by `hyperadapters "
        "bake`, not for training)",
    ),
    "adapter_bottleneck": option(int, 128, "bottleneck dimension of the adapters"),
    "adapter_activation": option(
        str, "relu", f"activation of adapters and hypernetwork: {', '.join(activations.names())}"
    ),
    "adapter_norm": option(
        str, "trained",
        f"LayerNorm of bottleneck adapters: {', '.join(NORMS)} (trained: its gain and bias are stored "
        "or generated with the adapter; plain: it has none; branch: on the output before the residual, "
        "its gain and bias as in trained; none: no LayerNorm)",
    ),
    "adapter_place": option(
        Optional[str], None,
        f"where in a layer adapters work: {', '.join(PLACES.names())} (after_feed_forward: on the "
        "feed-forward block's output, before its residual connection); by default after_layer, and "
        "beside_feed_forward for the kind parallel",
    ),
    "adapter_start": option(
        Optional[str], None,
        f"start values of the adapters: {' or '.join(STARTS)} (identity: the model starts as its "
        "backbone; calibrated: generated weights start at the scale of stored ones); by default "
        "identity with --init-from and published otherwise",
    ),
    "hyper_hidden": option(int, 204, "hidden dimension d_h of the hypernetwork"),
    "hyper_layers": option(int, 2, "residual blocks of the hypernetwork"),
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
    "init_from": option(
        Optional[str], None,
        "checkpoint whose architecture and weights become the backbone: a stock fairseq Transformer; "
        "for hyperx_encoder a translation model, RoBERTa, XLM-R or a model of --task hyperx",
    ),
    "post_norm": option(
        bool, False, "LayerNorm after each block instead of before it (--encoder-normalize-before)"
    ),
    "separate_embeddings": option(
        bool, False, "do not share the encoder's, the decoder's and the output embeddings"
    ),
}  # fmt: skip
