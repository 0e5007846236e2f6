"""The options of a Transformer with adapters, and what they mean."""

import dataclasses
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from fairseq.dataclass import FairseqDataclass
from fairseq.models import ARCH_MODEL_NAME_REGISTRY
from fairseq.models.transformer import TransformerConfig
from omegaconf import DictConfig, open_dict

from .adapter_configuration import (
    adapter_choices,
    check_points,
    source_configs,
    warn_of_start,
)
from .head_mask_configuration import read_head_masks
from .options import ADAPTER_OPTIONS, option
from .sources import SOURCES, Bank, parse_inputs
from .support.errors import Problems, UserError, did_you_mean, format_list
from .support.languages import Languages, codes_of, split_direction

# Sizes of the named architectures: width, feed-forward width, layers, attention heads.
SIZES = ("embed_dim", "ffn_embed_dim", "layers", "attention_heads")
PRESETS = {
    "adapter_transformer": (512, 2048, 6, 8),
    "adapter_transformer_tiny": (64, 128, 2, 2),
    "adapter_transformer_big": (1024, 4096, 6, 16),
}

# Filled in by the task and saved with the checkpoint; no options.
RECORDED: dict[str, Any] = {
    "languages": option(Optional[str], None, "language table"),
    "directions": option(Optional[str], None, "trained directions; the baked ones if baked"),
    "baked_from": option(Optional[str], None, "adapter source that baked weights come from"),
    "trained_directions": option(Optional[str], None, "trained directions, if baked"),
    "recorded_head_masks": option(Optional[str], None, "what --head-masks held, as JSON"),
}


def stock_fields() -> list[tuple[str, Any, Any]]:
    """The stock Transformer's options under the flat names that its command line uses."""
    flat: list[tuple[str, Any, Any]] = []
    for field in dataclasses.fields(TransformerConfig):
        if field.name == "_name":
            continue
        if field.name not in ("encoder", "decoder", "quant_noise"):
            flat.append((field.name, field.type, _copy(field, field.default)))
            continue
        part = field.default()
        for sub in dataclasses.fields(part):
            if sub.name != "_name":
                default = sub.default
                if sub.name in (*SIZES, "input_dim", "output_dim"):
                    default = None  # by the preset, see `complete_sizes`
                flat.append((f"{field.name}_{sub.name}", Optional[sub.type], _copy(sub, default)))
    return flat


def _copy(field: dataclasses.Field, default: Any) -> Any:
    metadata = dict(field.metadata)
    metadata.setdefault("help", f"see fairseq's Transformer: {field.name.replace('_', ' ')}")
    return dataclasses.field(default=default, metadata=metadata)


STOCK_OPTIONS = [name for name, _, _ in stock_fields()]
# Those of them that change training or memory but not what the weights mean.
NOT_ARCHITECTURE = (
    "dropout", "attention_dropout", "activation_dropout", "relu_dropout", "max_source_positions",
    "max_target_positions", "checkpoint_activations", "offload_activations", "min_params_to_wrap",
    "export", "char_inputs", "adaptive_softmax_dropout", "encoder_layerdrop", "decoder_layerdrop",
    "encoder_embed_path", "decoder_embed_path", "encoder_layers_to_keep", "decoder_layers_to_keep",
    "quant_noise_pq", "quant_noise_pq_block_size", "quant_noise_scalar", "encoder_xformers_att_config",
    "decoder_xformers_att_config",
)  # fmt: skip
ARCHITECTURE = [name for name in STOCK_OPTIONS if name not in NOT_ARCHITECTURE]


def own_fields(options: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Options as the fields of a dataclass."""
    return [(name, kind, field) for name, (kind, field) in options.items()]


AdapterTransformerOptions = dataclasses.make_dataclass(
    "AdapterTransformerOptions", stock_fields() + own_fields(ADAPTER_OPTIONS),
    bases=(FairseqDataclass,), namespace={"__module__": __name__},
)  # fmt: skip
AdapterTransformerConfig = dataclasses.make_dataclass(
    "AdapterTransformerConfig", own_fields(RECORDED),
    bases=(AdapterTransformerOptions,), namespace={"__module__": __name__},
)  # fmt: skip


def complete_config(
    cfg: DictConfig, languages: Languages, directions: list[str], start: Any = None
) -> None:
    """Makes a model configuration say everything that generation must know.

    Args:
        cfg: the configuration as the user gave it; changed in place.
        languages: the language table.
        directions: the trained directions.
        start: the pretrained model whose options are taken, see `pretrained.Pretrained`.
    Raises:
        UserError: if the options do not go together.
    """
    with open_dict(cfg):
        for name, default in vars(defaults()).items():
            if name not in cfg:
                cfg[name] = default
        cfg.languages = ",".join(languages)
        earlier = start.trained_directions if start else []
        cfg.directions = ",".join(dict.fromkeys([*earlier, *directions]))
        if not cfg.post_norm:
            cfg.encoder_normalize_before = cfg.decoder_normalize_before = True
        if not cfg.separate_embeddings:
            cfg.share_all_embeddings = True
        if start:
            start.take_options(cfg)
            cfg.post_norm = not cfg.encoder_normalize_before
            cfg.separate_embeddings = not cfg.share_all_embeddings
        complete_sizes(cfg, cfg._name)
        if cfg.adapter_start is None:
            cfg.adapter_start = "identity" if start else "published"
        cfg.recorded_head_masks = read_head_masks(cfg)
        if cfg.adapter_languages is None:
            cfg.adapter_languages = ",".join(codes_of(cfg.directions.split(",")))
    check(cfg)


def complete_sizes(cfg: Any, arch: str) -> None:
    """Fills in the sizes that were not given.

    Args:
        cfg: a flat model configuration; changed in place.
        arch: the named architecture whose sizes hold for what was not given. Widths given for the
            encoder hold for the decoder too.
    Raises:
        UserError: for an unknown architecture.
    """
    fill_in_sizes(cfg, arch, PRESETS, of_encoder=("embed_dim", "ffn_embed_dim"))


def fill_in_sizes(
    cfg: Any, arch: str, presets: Mapping[str, tuple[int, ...]], of_encoder: Sequence[str]
) -> None:
    """Fills in the sizes that were not given.

    Args:
        cfg: a flat model configuration; changed in place.
        arch: the named architecture.
        presets: sizes by architecture.
        of_encoder: sizes in which the decoder follows the encoder, not the architecture.
    Raises:
        UserError: for an unknown architecture.
    """
    if arch not in presets:
        raise UserError(f"unknown architecture '{arch}': {did_you_mean(arch, presets)}")
    for size, preset in zip(SIZES, presets[arch]):
        encoder, decoder = f"encoder_{size}", f"decoder_{size}"
        if getattr(cfg, encoder) is None:
            setattr(cfg, encoder, preset)
        if getattr(cfg, decoder) is None:
            setattr(cfg, decoder, getattr(cfg, encoder) if size in of_encoder else preset)
    for size in ("decoder_input_dim", "decoder_output_dim"):
        if getattr(cfg, size) is None:
            setattr(cfg, size, cfg.decoder_embed_dim)


def check(cfg: DictConfig) -> None:
    """Raises:
    UserError: with every option that does not go with adapters.
    """
    problems = Problems()
    if not SOURCES.get(cfg.adapter_source).trains:
        problems.add(
            f"--adapter-source {cfg.adapter_source} cannot be trained: `hyperadapters bake` makes it "
            "from a checkpoint trained with another source"
        )
    if cfg.adapter_source != "none":
        if cfg.encoder_embed_dim != cfg.decoder_embed_dim:
            problems.add(
                f"--encoder-embed-dim {cfg.encoder_embed_dim} and --decoder-embed-dim "
                f"{cfg.decoder_embed_dim} differ: adapters need one width"
            )
        if cfg.base_layers:
            problems.add("--base-layers cannot be combined with adapters: leave it out")
        if cfg.encoder_layers_to_keep or cfg.decoder_layers_to_keep:
            problems.add("--encoder/decoder-layers-to-keep cannot prune a model with adapters")
        check_points(cfg, problems)
    missing = {
        code
        for pair in filter(None, (cfg.directions or "").split(","))
        for code in languages_without_adapters(cfg, pair)
    }
    if missing:
        problems.add(f"--adapter-languages lacks {format_list(sorted(missing))}, which are trained")
    problems.raise_if_any()
    warn_of_start(
        {name: config.kind for name, config in source_configs(cfg).items()}, cfg.adapter_start
    )


def has_adapters(cfg: Any) -> bool:
    """Whether a model configuration is one of a Transformer with adapters."""
    return ARCH_MODEL_NAME_REGISTRY.get(getattr(cfg, "_name", None)) == "adapter_transformer"


def defaults(config_class: type = AdapterTransformerConfig, **changes: Any) -> Namespace:
    """A complete flat configuration with the default of every option, but for `changes`."""
    config = config_class(**changes)
    names = (field.name for field in dataclasses.fields(config) if field.name != "_name")
    return Namespace(**{name: getattr(config, name) for name in names})


def check_direction_is_known(cfg: Any, pair: str) -> None:
    """Raises:
    UserError: if there are no adapters for `pair` because they are stored by direction.
    """
    stored_pairs = (cfg.directions or "").split(",")
    if pair in stored_pairs:
        return
    if cfg.adapter_source == "pair":
        raise UserError(
            f"pair adapters exist for trained directions only, {pair} is not among them "
            f"({', '.join(stored_pairs)}): zero-shot directions need --adapter-source hyper or language"
        )
    missing = languages_without_adapters(cfg, pair)
    if missing:
        raise UserError(
            f"adapters are stored for {cfg.adapter_languages} only, not for {format_list(missing)}: train "
            "with directions of these languages too, or name them with --adapter-languages"
        )
    if cfg.adapter_source == "baked":
        raise UserError(
            f"adapters for {pair} are not in this checkpoint, it was baked for {', '.join(stored_pairs)}: "
            "bake that direction too, from the checkpoint it was baked from"
        )


def languages_without_adapters(cfg: Any, pair: str) -> list[str]:
    """The languages of a direction that have no adapters although these are stored by language."""
    if not getattr(cfg, "adapter_languages", None) or cfg.adapter_source == "baked":
        return []
    by_input = dict(zip(("src", "tgt"), split_direction(pair)))
    stored = cfg.adapter_languages.split(",")
    return [
        by_input[name]
        for name in ("src", "tgt")
        if by_input[name] not in stored and name in stored_inputs(cfg)
    ]


def stored_inputs(cfg: Any) -> set[str]:
    """The condition inputs that stored adapters of a model configuration depend on."""
    inputs: set[str] = set()
    for choice in adapter_choices(cfg):
        source = SOURCES.get(choice.source)
        for side, names in choice.conditions.items():
            if issubclass(source, Bank):
                inputs |= {*(source.default_inputs[side] if names is None else parse_inputs(names))}
    return inputs
