"""A trained checkpoint, opened for its adapters alone."""

import itertools
from argparse import Namespace
from dataclasses import dataclass
from typing import Any, Dict, List

import torch
from tqdm import tqdm

from .. import checkpoints
from ..configuration import build_adapters, check_direction_is_known, defaults, has_adapters
from ..errors import UserError
from ..freezing import ADAPTER_PREFIX
from ..languages import Languages
from ..sources import AdapterSource, SourceGroup
from ..sources.baked import Baked, bake


@dataclass(frozen=True)
class Trained:
    """A checkpoint with adapters.

    Args:
        path: the file.
        state: what it holds.
        cfg: the complete model configuration.
    """

    path: str
    state: Dict[str, Any]
    cfg: Namespace

    @classmethod
    def open(cls, path: str) -> "Trained":
        """Reads a checkpoint.

        Raises:
            UserError: if it is none of ours or has no adapters.
        """
        state = checkpoints.load(path)
        cfg = Namespace(**{**vars(defaults()), **checkpoints.settings(state, "model")})
        if not has_adapters(cfg) or cfg.adapter_source == "none":
            raise UserError(
                f"{path} has no adapters: give a checkpoint that was trained with "
                "--arch adapter_transformer and an --adapter-source other than none"
            )
        return cls(path, state, cfg)

    @property
    def languages(self) -> Languages:
        """The language table."""
        return Languages(self.cfg.languages.split(","))

    @property
    def precision(self) -> torch.dtype:
        """The data type of the stored adapters, or of what generates them."""
        return next(iter(self.adapter_state().values())).dtype

    def directions(self, wanted: str) -> List[str]:
        """The directions that a user names.

        Args:
            wanted: a comma-separated list, `trained`, or `all` for all pairs of languages.
        Raises:
            UserError: for an unknown direction, or if there are no adapters for it.
        """
        if wanted == "trained":
            pairs = self.cfg.directions.split(",")
        elif wanted == "all":
            pairs = ["-".join(pair) for pair in itertools.permutations(self.languages, 2)]
        else:
            pairs = [pair.strip() for pair in wanted.split(",") if pair.strip()]
        if not pairs:
            raise UserError("no directions given: list them, e.g. de-fr,fr-de, or say all")
        for pair in pairs:
            self.languages.direction(pair)
            check_direction_is_known(self.cfg, pair)
        return list(dict.fromkeys(pairs))

    def direction(self, wanted: str) -> str:
        """The one direction that a user names.

        Raises:
            UserError: if it is unknown or there are no adapters for it, or more than one is named.
        """
        pairs = self.directions(wanted)
        if len(pairs) != 1:
            raise UserError(f"--direction {wanted}: export one direction at a time")
        return pairs[0]

    def adapter_state(self) -> Dict[str, torch.Tensor]:
        """The tensors of the adapter source, by their names within it."""
        return {
            name.removeprefix(ADAPTER_PREFIX): tensor
            for name, tensor in self.state["model"].items()
            if name.startswith(ADAPTER_PREFIX)
        }

    def source(self) -> AdapterSource | SourceGroup:
        """The adapter source in single precision, as generation on a CPU loads it."""
        cfg = Namespace(**{**vars(self.cfg), "adapter_start": "published"})
        with torch.device("meta"):  # shapes without memory or start values
            source = build_adapters(cfg)
        try:
            source.load_state_dict(self.adapter_state(), assign=True)
        except RuntimeError as error:
            raise UserError(
                f"{self.path}: its adapters do not fit its configuration "
                f"({checkpoints.first_line(error)}): the checkpoint is damaged"
            ) from error
        return source.float()

    def baked(self, pairs: List[str]) -> Baked | SourceGroup:
        """The adapters of some directions as plain weights in the checkpoint's precision."""
        directions = [self.languages.direction(pair) for pair in pairs]

        def progress(listed):
            return tqdm(listed, desc="directions")

        return bake(self.source(), directions, progress).to(self.precision)
