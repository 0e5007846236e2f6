"""Masks of attention heads, by language, and the file that holds them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..support.errors import UserError, did_you_mean
from ..support.files import write_json

Places = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class HeadMasks:
    """Which attention heads each language uses.

    Args:
        places: layers and heads of each place, a side and a point, as `encoder.self_attn.heads`.
        masks: by language and place, whether each head is used [layers, heads].
        origin: how they were made, as plain data.
    """

    places: Places
    masks: Mapping[str, Mapping[str, Tensor]]
    origin: Mapping[str, Any] = field(default_factory=dict)

    def flat(self, language: str) -> Tensor:
        """Whether each head of all places is used [heads]."""
        return torch.cat([self.masks[language][place].flatten() for place in self.places])

    def overlap(self, language: str, other: str) -> float:
        """The Jaccard index of the heads that two languages use."""
        both = self.flat(language), self.flat(other)
        return float((both[0] & both[1]).sum() / (both[0] | both[1]).sum())

    def as_plain(self) -> dict[str, Any]:
        """The masks in plain containers, a text of 0 and 1 for each layer."""
        masks = {
            language: {place: lines(mask) for place, mask in of_language.items()}
            for language, of_language in self.masks.items()
        }
        return {"places": self.places, "masks": masks, "origin": self.origin}

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "HeadMasks":
        """The inverse of `as_plain`.

        Raises:
            KeyError, TypeError, ValueError: if something is not there or has another form.
        """
        places = {
            place: (int(layers), int(heads)) for place, (layers, heads) in content["places"].items()
        }
        masks = {
            language: {place: parse(of_language[place], *sizes) for place, sizes in places.items()}
            for language, of_language in content["masks"].items()
        }
        return cls(places, masks, content.get("origin", {}))

    def write(self, path: Path) -> None:
        """Writes them to a file."""
        write_json(path, self.as_plain())

    @classmethod
    def read(cls, path: str | Path) -> "HeadMasks":
        """Reads a file of `write`.

        Raises:
            UserError: if it is none.
        """
        try:
            return cls.from_plain(json.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise UserError(f"cannot read the head masks {path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{path} holds no head masks ({error}): give a file of hyperadapters subnetworks"
            ) from error

    def check(self, places: Places, languages: Sequence[str]) -> None:
        """Checks that they are of a model.

        Args:
            places: those of the model.
            languages: those that the model knows.
        Raises:
            UserError: naming a place that has other sizes, or a language that the model lacks.
        """
        for place, sizes in self.places.items():
            if places.get(place) != sizes:
                has = "no heads that can be masked" if place not in places else places[place]
                raise UserError(
                    f"the head masks are of {sizes[0]} layers of {sizes[1]} heads at {place}, the model "
                    f"has {has} there"
                )
        for language in self.masks:
            if language not in languages:
                raise UserError(
                    f"the head masks know '{language}', the model does not: "
                    f"{did_you_mean(language, languages)}"
                )


def fill_in(masks: Mapping[str, dict[str, Tensor]], places: Places) -> list[str]:
    """Lets languages use all heads of the sides on which they have no mask.

    Args:
        masks: by language and place; added to.
        places: the places of all masks.
    Returns:
        a remark on each such language and side.
    """
    remarks = {}
    for language, by_place in masks.items():
        for place, sizes in places.items():
            if place not in by_place:
                by_place[place] = torch.ones(sizes, dtype=torch.bool)
                side = place.partition(".")[0]
                remarks[language, side] = (
                    f"{language} has no mask of the {side}: it uses all heads there"
                )
    return list(remarks.values())


def lines(mask: Tensor) -> list[str]:
    """A mask [layers, heads] as a text of 0 and 1 for each layer."""
    return ["".join(map(str, row)) for row in mask.int().tolist()]


def parse(rows: Sequence[str], layers: int, heads: int) -> Tensor:
    """The inverse of `lines`.

    Raises:
        ValueError: if it has not so many layers and heads.
    """
    if len(rows) != layers or any(len(row) != heads or set(row) - set("01") for row in rows):
        raise ValueError(f"a mask is not {layers} lines of {heads} digits 0 or 1")
    return torch.tensor([[digit == "1" for digit in row] for row in rows])
