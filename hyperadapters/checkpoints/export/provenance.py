"""The model that exported adapters belong to: what their card says of it, and whether that is sound."""

import json
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import torch
from fairseq.dataclass.utils import merge_with_parent
from fairseq.models import ARCH_MODEL_NAME_REGISTRY
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ... import register
from ...adapter_configuration import build_adapters
from ...configuration import AdapterTransformerConfig, defaults
from ...multitask.configuration import HyperXEncoderConfig
from ...sources import AdapterSet
from ...sources.adapter_files import read_adapters, refuse_card
from ...sources.baked import Baked, describe_kind, sources_by_name
from ...sources.hypernetwork import Hypernetwork
from ...support.errors import UserError
from ...support.fingerprint import fingerprint
from .. import task_metadata
from ..checkpoint import Checkpoint
from ..weights import backbone_weights
from .baked_checkpoint import FILES, baked_config

# The configuration of the models that adapters of directions and of cells belong to.
CONFIGS = {"adapter_transformer": AdapterTransformerConfig, "hyperx_encoder": HyperXEncoderConfig}


def provenance_of(checkpoint: Checkpoint, name: str) -> dict[str, Any]:
    """What exported adapters belong to: the name of their `source`, the fingerprint of their `backbone`,
    the `task_state` (what the task recorded of its data), and the `model` configuration of a
    checkpoint that is baked for them alone; of generated ones the fingerprint of their `generator`.

    Args:
        checkpoint: the checkpoint that they are of.
        name: their direction or cell.
    """
    model = baked_config(checkpoint.config, [name])
    sources = sources_by_name(checkpoint.adapters).values()
    generated = any(isinstance(source, Hypernetwork) for source in sources)
    return {
        "source": model["baked_from"],
        "backbone": fingerprint(backbone_weights(checkpoint.state["model"])),
        "task_state": checkpoint.metadata,
        "model": model,
        **({"generator": fingerprint(checkpoint.adapter_tensors())} if generated else {}),
    }


def read_exported(path: str) -> AdapterSet:
    """Reads exported adapters; options of the model that are younger than their card have defaults.

    Raises:
        UserError: if a file is missing or damaged, contradicts itself, or asks for anything but plain
            adapters of one of our models.
    """
    register()  # names of architectures are fairseq's to know
    adapters = read_adapters(path)
    with refuse_card(path):
        adapters = complete(adapters)
        with torch.device("meta"):  # shapes without memory
            sources = sources_by_name(build_adapters(Namespace(**adapters.provenance["model"])))
        check_parts(adapters, sources)
    shapes = {
        f"{prefix}.{side}.{name}".lstrip("."): (len(source.config.sites[side]), *spec.shape)
        for prefix, source in sources.items()
        for side in baked_inputs(source)
        for name, spec in source.config.tensors(side).items()
    }
    if {name: tuple(tensor.shape) for name, tensor in adapters.tensors.items()} != shapes:
        raise UserError(f"{path}: its tensors do not fit the model on its card: export it again")
    return adapters


def complete(adapters: AdapterSet) -> AdapterSet:
    """The same adapters with a complete model configuration.

    Raises:
        LookupError: if something is missing.
        UserError: if something is unusable.
    """
    provenance = dict(adapters.provenance)
    model, metadata, _ = (provenance[name] for name in ("model", "task_state", "backbone"))
    model = complete_config(model)
    if not adapters.is_of_cell:
        metadata = task_metadata.validate(metadata)
    if model["languages"].split(",") != list(metadata["languages"]):
        raise UserError("its model and its task have different languages")
    names = {"baked_cells" if adapters.is_of_cell else "directions": adapters.name}
    for option, value in {**names, "baked_from": provenance["source"]}.items():
        if model[option] != value:
            raise UserError(f"its model has {option} {model[option]}, the rest of it says {value}")
    return replace(adapters, provenance={**provenance, "model": model, "task_state": metadata})


def complete_config(model: Mapping[str, Any]) -> dict[str, Any]:
    """As `checked_config`, of a model with baked adapters."""
    if model["adapter_source"] != "baked":
        raise UserError("its model is not a baked one")
    return checked_config(model)


def checked_config(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model configuration from a card, with the defaults of options that it lacks.

    Raises:
        UserError: for another architecture, unknown options, wrong types or named files.
    """
    options = CONFIGS.get(ARCH_MODEL_NAME_REGISTRY.get(model["_name"]))
    if options is None:
        raise UserError(f"its model is not one of ours ({model['_name']})")
    names = {field.name for field in fields(options)}
    unknown = [name for name in model if name not in names]
    if unknown:
        raise UserError(f"its model is not one of ours ({', '.join(unknown)})")
    try:
        merge_with_parent(options(), OmegaConf.create(dict(model)))
    except OmegaConfBaseException as error:
        raise UserError(str(error)) from error
    named = [name for name in FILES if model.get(name)]
    if named:
        raise UserError(f"its model names files ({', '.join(named)})")
    return {**vars(defaults(options)), **model}


def check_parts(adapters: AdapterSet, sources: Mapping[str, Baked]) -> None:
    """Checks adapters against the sources of the model on their card.

    Raises:
        UserError: if they differ.
    """
    if list(sources) != list(adapters.parts):
        raise UserError("its 'parts' are not what the rest of it says")
    for name, source in sources.items():
        part = adapters.parts[name]
        kind = json.loads(json.dumps(describe_kind(source.config)))
        # older cards have options that their kind never used
        if kind != {option: part.kind.get(option) for option in kind}:
            raise UserError("its 'kind' is not what the rest of it says")
        if part.inputs != baked_inputs(source):
            raise UserError("its 'condition' is not what the rest of it says")


def baked_inputs(source: Baked) -> dict[str, tuple[str, ...]]:
    """The condition inputs of the sides for which a source has weights."""
    return {side: names for side, names in source.config.inputs.items() if source.keys(side)}
