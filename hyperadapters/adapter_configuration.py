"""What a model configuration says about adapters: kinds, sources and their conditions."""

import dataclasses
import json
import logging
import re
from collections.abc import Collection, Mapping
from typing import Any

import torch

from .adapters import POINTS, SIDES, AdapterKind, LayerShape, is_in_attention, sites
from .options import kind_from
from .sources import (
    INPUTS,
    SOURCES,
    AdapterSource,
    Bank,
    HyperOptions,
    LanguageRanks,
    SourceConfig,
    SourceGroup,
    Stack,
    condition_ids,
    condition_of,
    condition_sides,
    parse_inputs,
    parse_language_ranks,
    seeded,
    surplus_values,
)
from .subnetworks.masks import HeadMasks
from .subnetworks.start import set_head_masks
from .support.errors import Problems, UserError
from .support.languages import Languages

HEAD_MASK = "head_mask"

logger = logging.getLogger(__name__)


def check_points(cfg: Any, problems: Problems) -> None:
    """Adds to the problems those of points that the model lacks or that cannot be served."""
    for number, choice in enumerate(adapter_choices(cfg)):
        kind = kind_from(cfg, choice.kind)
        inside = [point for point in kind.points if POINTS.get(point).is_inside]
        if inside and (cfg.checkpoint_activations or cfg.offload_activations):
            problems.add(
                f"{choice.kind} adapters act at {', '.join(inside)}, inside of the layers, whose "
                "activations then cannot be recomputed: leave out --checkpoint-activations and "
                "--offload-activations, or use --adapter-kind bottleneck --adapter-place after_layer"
            )
        if number and not SOURCES.get(choice.source).trains:
            problems.add(f"--extra-adapters: the source {choice.source} cannot be trained")
    if attention_blocks(cfg):
        for option in ("encoder_xformers_att_config", "decoder_xformers_att_config"):
            if getattr(cfg, option):
                problems.add(
                    f"--{option.replace('_', '-')} cannot be combined with adapters inside attention: "
                    "leave it out"
                )


def warn_of_start(kinds: Mapping[str, AdapterKind], start: str) -> None:
    """Says which adapters change something although the model is to start as its backbone.

    Args:
        kinds: the kinds by name.
        start: how adapters start.
    """
    for name, kind in kinds.items():
        if start == "identity" and not kind.has_identity:
            logger.warning(
                f"--adapter-start identity: no {name} adapter leaves the backbone as it is; they start "
                "as published"
            )


@dataclasses.dataclass(frozen=True)
class AdapterChoice:
    """Adapters of one kind in a model.

    Args:
        kind: name of their kind.
        source: name of their source.
        conditions: condition inputs of each side, comma-separated; None for the source's usual ones.
    """

    kind: str
    source: str
    conditions: Mapping[str, str | None]

    @classmethod
    def read(cls, text: str) -> "AdapterChoice":
        """Reads an entry of --extra-adapters.

        Raises:
            UserError: if it has another form.
        """
        match = EXTRA.fullmatch(text)
        if not match:
            raise UserError(
                f"--extra-adapters {text}: write KIND:SOURCE or, with what encoder and decoder depend "
                "on, KIND:SOURCE@INPUTS/INPUTS, as lora:language or lora:hyper@src+tgt/tgt"
            )
        kind, source, *sides = match.groups()
        if source in ("none", "stack"):
            raise UserError(f"--extra-adapters {text}: choose another source than {source}")
        inputs = (None if names is None else names.replace("+", ",") for names in sides)
        return cls(kind, source, dict(zip(SIDES, inputs)))

    def write(self, config: SourceConfig) -> str:
        """The inverse of `read`, with the inputs that a configuration has."""
        sides = ("+".join(config.inputs.get(side, ())) for side in SIDES)
        return f"{self.kind}:{self.source}@{'/'.join(sides)}"


EXTRA = re.compile(r"([^:@]+):([^:@]+)(?:@([^/]*)/([^/]*))?")


def adapter_choices(cfg: Any) -> list[AdapterChoice]:
    """All adapters of a model configuration, in the order in which they act.

    Raises:
        UserError: if --extra-adapters cannot be read.
    """
    first = {side: getattr(cfg, f"{side}_adapter_condition") for side in SIDES}
    choices = [AdapterChoice(cfg.adapter_kind, cfg.adapter_source, first)]
    entries = (getattr(cfg, "extra_adapters", None) or "").split(",")
    for text in filter(None, map(str.strip, entries)):
        choice = AdapterChoice.read(text)
        if cfg.adapter_source == "none":
            raise UserError(
                f"--extra-adapters {text}: give the first adapters as --adapter-kind {choice.kind} "
                f"--adapter-source {choice.source}"
            )
        if choice.kind in [earlier.kind for earlier in choices]:
            raise UserError(f"--extra-adapters {text}: there are {choice.kind} adapters already")
        choices.append(choice)
    return choices


def attention_blocks(cfg: Any) -> set[str]:
    """The attention blocks inside which adapters of a model configuration act: "self_attn",
    "cross_attn" or both."""
    return {
        point.partition(".")[0]
        for choice in adapter_choices(cfg)
        if choice.source != "none"
        for point in kind_from(cfg, choice.kind).points
        if is_in_attention(point)
    }


def build_adapters(cfg: Any) -> AdapterSource | SourceGroup:
    """The adapters of a complete model configuration.

    Raises:
        UserError: if an option is out of range.
    """
    configs = source_configs(cfg)
    if cfg.adapter_source == "baked" and cfg.baked_from == "stack":
        return Stack.baked(configs[cfg.adapter_kind])
    with seeded(cfg.adapter_seed):
        sources = {
            choice.kind: SOURCES.get(choice.source)(configs[choice.kind])
            for choice in adapter_choices(cfg)
        }
    if cfg.recorded_head_masks and HEAD_MASK in sources:
        masks = HeadMasks.from_plain(json.loads(cfg.recorded_head_masks))
        set_head_masks(sources[HEAD_MASK], masks, cfg.languages.split(","))
    return SourceGroup(sources) if len(sources) > 1 else sources[cfg.adapter_kind]


def count_surplus(cfg: Any) -> int:
    """How many adapter values of a complete model configuration are zero for ever, since their
    languages have a smaller rank."""
    if not cfg.adapter_language_ranks:
        return 0
    with torch.device("meta"):
        return surplus_values(build_adapters(cfg))


def source_configs(cfg: Any) -> dict[str, SourceConfig]:
    """What the adapter sources of a model configuration must know, by the name of their kind.

    Args:
        cfg: a complete model configuration.
    Raises:
        UserError: if an option is out of range.
    """
    return {choice.kind: source_config(cfg, choice) for choice in adapter_choices(cfg)}


def source_config(cfg: Any, choice: AdapterChoice) -> SourceConfig:
    """What the source of some adapters must know.

    Args:
        cfg: a complete model configuration.
        choice: which of its adapters.
    Raises:
        UserError: if an option is out of range.
    """
    kind, conditions = kind_from(cfg, choice.kind), choice.conditions
    languages = Languages(cfg.languages.split(","))
    source = SOURCES.get(choice.source)
    tasks = [task for task in (getattr(cfg, "tasks", None) or "").split(",") if task]
    usual = (tasks and source.task_inputs) or source.default_inputs
    layers = {"encoder": cfg.encoder_layers, "decoder": cfg.decoder_layers}
    if tasks and cfg.decoder_task not in tasks:
        layers["decoder"] = 0
    inputs = {
        side: usual[side] if conditions[side] is None else parse_inputs(conditions[side] or "")
        for side in SIDES
        if layers[side]
    }
    sizes = {"languages": len(languages), "tasks": len(tasks)}
    for side, names in inputs.items():
        for name in names:
            if not sizes[INPUTS.get(name).table]:
                raise UserError(
                    f"--{side}-adapter-condition {name}: this model knows no {name}s; leave it out"
                )
    shapes = layer_shapes(cfg, inputs)
    if choice.source != "none" and not any(kind.layout(shape) for shape in shapes.values()):
        raise UserError(
            f"no layer of this model has a point {' or '.join(kind.points)}: choose other points"
        )
    return SourceConfig(
        kind=kind,
        layers=shapes,
        sites=sites(layers),
        inputs=inputs,
        sizes=sizes,
        conditions=stored_conditions(cfg, {"languages": languages.codes, "tasks": tasks}),
        start=cfg.adapter_start or "published",
        seed=cfg.adapter_seed,
        stored_languages=stored_languages(cfg, languages),
        language_ranks=language_ranks(cfg, choice, languages, inputs),
        hyper=HyperOptions(
            hidden=cfg.hyper_hidden,
            layers=cfg.hyper_layers,
            head_rank=cfg.hyper_head_rank,
            lang_dim=cfg.hyper_lang_dim,
            layer_dim=cfg.hyper_layer_dim,
            lang_start=start_of_languages(cfg, tasks),
            activation=cfg.adapter_activation,
            dropout=cfg.hyper_dropout,
            rescale=not cfg.hyper_no_rescale,
            tied=not cfg.hyper_untied,
            output_norm=cfg.hyper_output_norm,
        ),
    )


def stored_languages(cfg: Any, languages: Languages) -> list[int] | None:
    """The ids of the languages that adapters are stored for; None for all, as in older checkpoints.

    Raises:
        UserError: if one is unknown.
    """
    codes = getattr(cfg, "adapter_languages", None)
    return sorted(map(languages.id, codes.split(","))) if codes else None


def language_ranks(
    cfg: Any, choice: AdapterChoice, languages: Languages, inputs: Mapping[str, tuple[str, ...]]
) -> LanguageRanks:
    """The ranks of stored adapters of single languages.

    Raises:
        UserError: if they cannot be read, or the adapters are not stored by language.
    """
    if choice.kind != cfg.adapter_kind:
        return {}
    ranks = parse_language_ranks(
        cfg.adapter_language_ranks, languages.codes, kind_from(cfg, choice.kind)
    )
    tables = {INPUTS.get(name).table for names in inputs.values() for name in names}
    is_stored = issubclass(SOURCES.get(choice.source), Bank) or choice.source == "baked"
    if ranks and not (is_stored and "languages" in tables):
        raise UserError(
            f"--adapter-language-ranks: adapters of --adapter-source {choice.source} are not stored by "
            "language; use language or pair"
        )
    return ranks


def stored_conditions(
    cfg: Any, tables: Mapping[str, Collection[str]]
) -> dict[str, list[dict[str, int]]]:
    """The conditions of each side that are baked, or that were trained as directions.

    Args:
        cfg: a complete model configuration.
        tables: languages and tasks by their ids.
    """
    names = (getattr(cfg, "baked_cells", None) or cfg.directions).split(",")
    conditions: dict[str, list[dict[str, int]]] = {side: [] for side in SIDES}
    for condition in map(condition_of, filter(None, names)):
        for side in condition_sides(condition):
            conditions[side].append(condition_ids(condition, tables))
    return conditions


def layer_shapes(cfg: Any, sides: Collection[str]) -> dict[str, LayerShape]:
    """The dimensions of the layers of each side."""
    width = cfg.encoder_embed_dim
    shapes = {
        "encoder": LayerShape(width, cfg.encoder_ffn_embed_dim, cfg.encoder_attention_heads),
        "decoder": LayerShape(
            cfg.decoder_embed_dim, cfg.decoder_ffn_embed_dim, cfg.decoder_attention_heads,
            None if getattr(cfg, "no_cross_attention", False) else width,
        ),
    }  # fmt: skip
    return {side: shapes[side] for side in sides}


def start_of_languages(cfg: Any, tasks: list[str]) -> float:
    """The standard deviation that language embeddings start with."""
    if cfg.hyper_lang_start is not None:
        return cfg.hyper_lang_start
    # with tasks, most pairs of task and language are never trained: they start as their task
    return 0.1 if tasks else 1.0
