"""Find the head masks of languages with trained models."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor
from tqdm import tqdm

from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.facts import digest
from ..data.reference_distances import read_reference
from ..multitask.all_tasks import TASKS
from ..multitask.cells import Cell
from ..multitask.corpus import read_corpus
from ..multitask.loading import read_cell
from ..multitask.pieces import sentencepiece_beside
from ..subnetworks.masks import HeadMasks, Places, lines, parse
from ..subnetworks.pruning import ByPlace, Pruning, combine, count, most_used, prune
from ..support.errors import UserError
from ..support.resumable import steps_of
from .cells.options import Options
from .cells.plan import digest_files
from .cells.run import score_cell
from .cells.selection import Selection
from .cells.trained_model import TrainedModel
from .head_masking import head_importance, masked_heads, places_of_model


@dataclass(frozen=True)
class Search:
    """What head masks are found with.

    Args:
        data: the folder of corpus.yaml.
        cells: the cells whose languages get a mask, see `Selection.select`.
        subset: the split that importance and scores are measured on.
        pruning: when pruning ends.
        share: the share of several models whose masks must have a head.
        cpu: use the CPU even if a GPU is there.
    Raises:
        UserError: if the share is none.
    """

    data: str
    cells: str = "trained"
    subset: str = "valid"
    pruning: Pruning = Pruning()
    share: float = 0.5
    cpu: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UserError(f"--share {self.share:g}: give a share above 0, at most 1")

    def combine(self, masks: Sequence[ByPlace]) -> ByPlace:
        """The mask of a language from those of several models, of equal size if a size is wanted."""
        return most_used(masks) if self.pruning.kept else combine(masks, self.share)


def find_masks(
    checkpoints: Sequence[str], out: Path, search: Search
) -> tuple[HeadMasks, list[dict[str, Any]]]:
    """Finds a mask for every language; what is done already stays.

    Args:
        checkpoints: one model, or several that were trained with different seeds.
        out: folder for the results.
        search: what is searched and how.
    Returns:
        the masks, and for each model and language the steps to its mask.
    Raises:
        UserError: if the models have other heads, or a cell has no sentences.
    """
    settings = {"checkpoints": list(checkpoints), **asdict(search)}
    files = digest_files(read_corpus(search.data), search.subset)
    weights = [digest(Checkpoint(path)) for path in checkpoints]
    inputs = {**settings, "weights": weights, "files": files}
    steps = steps_of(out, inputs)
    rows: list[dict[str, Any]] = []
    places: Places = {}
    for number, path in enumerate(checkpoints):
        model = Model(path, search)
        if number and model.places != places:
            raise UserError(
                f"{path} has other heads than {checkpoints[0]}: give models of one shape"
            )
        places = model.places
        for language, cells in tqdm(model.cells_by_language().items(), desc="languages"):
            find = partial(model.find, language, cells)
            rows.append(steps.run(f"{language} in {path}", inputs, find))
    by_language: dict[str, list[ByPlace]] = {}
    for row in rows:
        mask = {place: parse(row["mask"][place], *sizes) for place, sizes in places.items()}
        by_language.setdefault(row["language"], []).append(mask)
    masks = {language: search.combine(several) for language, several in by_language.items()}
    for language, mask in masks.items():
        if not count(mask):
            raise UserError(f"no head of {language} is in enough of the masks: lower --share")
    return HeadMasks(places, masks, settings), rows


class Model:
    """A trained model whose heads are pruned.

    Args:
        path: its checkpoint.
        search: what is searched and how.
    """

    def __init__(self, path: str, search: Search) -> None:
        self.path, self.search = path, search
        self.corpus = read_corpus(search.data).with_pieces(sentencepiece_beside(path))
        self.system = TrainedModel(path, self.corpus)
        self.options = Options(subset=search.subset, cpu=search.cpu)
        self.system.load(self.options)
        # cells of one language run the encoder alone
        self.places = {
            place: sizes
            for place, sizes in places_of_model(self.system.model).items()
            if place.startswith("encoder.")
        }

    def cells_by_language(self) -> dict[str, list[Cell]]:
        """The cells that are searched, by language.

        Raises:
            UserError: if none is of one language.
        """
        cells = Selection(self.system, self.corpus, self.search.subset).select(self.search.cells)
        by_language: dict[str, list[Cell]] = {}
        for cell in cells:
            if TASKS.get(cell.task).has_directions:
                print(f"{cell.name} is left out: it has two languages", file=sys.stderr)
            else:
                by_language.setdefault(cell.language, []).append(cell)
        if not by_language:
            raise UserError(f"--cells {self.search.cells}: name cells of one language, as parse:en")
        return by_language

    def find(self, language: str, cells: Sequence[Cell]) -> dict[str, Any]:
        """Prunes for one language.

        Args:
            language: the language.
            cells: its cells.
        Returns:
            model, language, mask and steps in plain containers.
        """
        sentences = [read_cell(cell, self.corpus, self.search.subset) for cell in cells]
        predictors = [self.system.predictor(cell, read) for cell, read in zip(cells, sentences)]
        limits = self.options.encoder_limits(self.system.model)

        def importance(mask: ByPlace) -> dict[str, Tensor]:
            datasets = [predictor.dataset for predictor in predictors]
            return head_importance(
                self.system.model, datasets, mask, limits, self.system.loss_options
            )

        def score(mask: ByPlace) -> float:
            with masked_heads(self.system.model, mask):
                scores = [
                    score_cell(cell, self.system.predict(cell, read)[0], self.system.task_options)
                    for cell, read in zip(cells, sentences)
                ]
            return sum(each["score"] for each in scores) / len(scores)

        mask, steps = prune(self.places, importance, score, self.search.pruning)
        return {
            "checkpoint": self.path,
            "language": language,
            "mask": {place: lines(used) for place, used in mask.items()},
            "used": count(mask),
            "steps": [asdict(step) for step in steps],
        }


def with_nearest(masks: HeadMasks, languages: Sequence[str], distances: str) -> HeadMasks:
    """The masks, and for further languages those of their nearest languages, which are said.

    Args:
        masks: the masks.
        languages: languages without one.
        distances: a table of distances, or "genealogy", see `data.reference_distances`.
    Raises:
        UserError: for a language that has a mask, or one without distances.
    """
    known, added = list(masks.masks), {}
    for language in languages:
        if language in known:
            raise UserError(f"--languages {language}: it has a mask")
        table = read_reference(distances, [language, *known]).among([language, *known])
        added[language] = known[int(table[0, 1:].argmin())]
        print(f"{language}: the mask of {added[language]}", file=sys.stderr)
    all_masks = {**masks.masks, **{code: masks.masks[near] for code, near in added.items()}}
    return HeadMasks(masks.places, all_masks, {**masks.origin, "nearest": added})
