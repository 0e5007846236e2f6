"""The card beside exported adapters: what they are, and what is needed to put them onto a backbone."""

import dataclasses
import json
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Mapping, Tuple

from fairseq.dataclass.utils import merge_with_parent
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import Tensor

from ...configuration import AdapterTransformerConfig, defaults, has_adapters, source_configs
from ...file_defects import check_transfer
from ...fingerprint import dtype_name
from ...sources import SourceConfig
from ...support.errors import UserError
from ...support.languages import split_direction
from .. import task_metadata
from .baked_checkpoint import FILES

FORMAT = "hyperadapters adapters"
VERSION = 1


@dataclass(frozen=True)
class Card:
    """What a file of exported adapters says about itself.

    Args:
        tensors: shape and data type by name of the tensor.
        sha256: fingerprint of the tensors.
        backbone: fingerprint of the backbone that they belong to.
        task_state: language table, input format and dictionary, see `task_metadata.collect`.
        model: the flat model configuration, of a checkpoint baked for this one direction.
    """

    tensors: Mapping[str, Any]
    sha256: str
    backbone: str
    task_state: Mapping[str, Any]
    model: Mapping[str, Any]

    @property
    def direction(self) -> str:
        """The direction, as `src-tgt`."""
        return self.model["directions"]

    @property
    def config(self) -> SourceConfig:
        """What the adapters' source must know."""
        return source_configs(Namespace(**self.model))[self.model["adapter_kind"]]

    def as_dict(self) -> Dict[str, Any]:
        """The card in plain containers; what a reader wants to know stands first."""
        config = self.config
        src, tgt = split_direction(self.direction)
        options = dataclasses.asdict(config.kind.options)
        card = {
            "format": FORMAT,
            "version": VERSION,
            "direction": self.direction,
            "source_language": src,
            "target_language": tgt,
            "kind": {
                "name": self.model["adapter_kind"],
                "width": config.layers["encoder"].width,
                **{name: value for name, value in options.items() if value is not None},
            },
            "source": self.model["baked_from"],
            "condition": {side: list(inputs) for side, inputs in config.inputs.items()},
            **dataclasses.asdict(self),
        }
        return json.loads(json.dumps(card))  # tuples become lists, as in the file

    @classmethod
    def from_dict(cls, card: Mapping[str, Any]) -> "Card":
        """The inverse of `as_dict`.

        Raises:
            UserError: if something is missing or unusable, or the card contradicts itself.
        """
        if card.get("format") != FORMAT:
            raise UserError(f"its format is not '{FORMAT}'")
        if card["version"] != VERSION:
            raise UserError(f"its version is {card['version']}, this program reads {VERSION}")
        fields = [field.name for field in dataclasses.fields(cls)]
        found = cls(**{name: card[name] for name in fields})
        check_model(found.model)
        model = {**vars(defaults()), **found.model}  # options that are younger than the card
        found = dataclasses.replace(
            found, model=model, task_state=task_metadata.validate(found.task_state)
        )
        for name, value in found.as_dict().items():
            if name == "kind":  # older cards have options that the kind never used
                value = {**card["kind"], **value}
            if name != "model" and value != card.get(name):
                raise UserError(f"its '{name}' is not what the rest of it says")
        if model["languages"].split(",") != list(found.task_state["languages"]):
            raise UserError("its model and its task have different languages")
        return found


def check_model(model: Mapping[str, Any]) -> None:
    """Makes sure that a model configuration from a card builds a Transformer with adapters.

    Raises:
        UserError: for another architecture, unknown options, wrong types or named files.
    """
    known = {field.name for field in dataclasses.fields(AdapterTransformerConfig)}
    unknown = [name for name in model if name not in known]
    if unknown or not has_adapters(Namespace(**model)):
        raise UserError(f"its model is not one of ours ({', '.join(unknown) or model['_name']})")
    merge_with_parent(AdapterTransformerConfig(), OmegaConf.create(dict(model)))
    if model["adapter_source"] != "baked" or any(model.get(name) for name in FILES):
        raise UserError("its model is not a baked one")


def card_path(adapters: str) -> Path:
    """Where the card of exported adapters is."""
    return Path(adapters).with_suffix(".json")


def read_card(adapters: str) -> Card:
    """Reads and checks the card beside exported adapters.

    Raises:
        UserError: if it is missing, damaged, or not for this program.
    """
    path = card_path(adapters)
    if not path.is_file():
        raise UserError(f"{adapters} has no card: {path} is missing, copy it beside the adapters")
    check_transfer(str(path))
    try:
        return Card.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (UserError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
    except OmegaConfBaseException as error:
        reason = str(error)
    raise UserError(
        f"{path} is no card of exported adapters ({reason.splitlines()[0]}): export them again"
    )


def shapes(config: SourceConfig) -> Dict[str, Tuple[int, ...]]:
    """Names and shapes of the tensors of one direction's adapters."""
    return {
        f"{side}.{name}": (len(config.sites[side]), *spec.shape)
        for side in config.inputs
        for name, spec in config.tensors(side).items()
    }


def described(tensors: Mapping[str, Tensor]) -> Dict[str, Dict[str, Any]]:
    """Shape and data type of tensors, by name."""
    return {
        name: {"shape": list(tensor.shape), "dtype": dtype_name(tensor)}
        for name, tensor in tensors.items()
    }
