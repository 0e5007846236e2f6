"""A checkpoint of `--task hyperx` as an evaluated system."""

from typing import Any, Dict, List, Optional, Sequence, Set

import torch

from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.facts import digest, facts
from ..configuration import source_configs
from ..errors import listed
from ..multitask.cells import Cell
from ..multitask.corpus import Corpus
from ..multitask.task import Task
from .judges import judge_of
from .loaded import Loaded
from .options import Options
from .outcome import Judge
from .system import System


class TrainedModel(System):
    """A trained model.

    Args:
        path: path of its checkpoint.
        corpus: the files.
    Raises:
        UserError: if the checkpoint is of another task or has another dictionary.
    """

    noun = "the checkpoint"

    def __init__(self, path: str, corpus: Corpus) -> None:
        self.checkpoint = Checkpoint(path).require_cells()
        self.task = self.checkpoint.task(corpus)
        self.digest = digest(self.checkpoint)
        self.tables = self.checkpoint.tables
        self.training_sentences = self.checkpoint.training_sentences

    def load(self, options: Options, tokenizers: Dict[str, str]) -> Loaded:
        model = self.checkpoint.model(self.task)
        if torch.cuda.is_available() and not options.cpu:
            model = model.cuda()
        return Loaded(self.task, model, options.limits(), options.search, tokenizers)

    def judge(self, task: Task) -> Judge:
        return judge_of(task)

    def facts(self, name: Optional[str]) -> Dict[str, Any]:
        """Returns the facts of the checkpoint, which by default is called as its folder."""
        return facts(self.checkpoint, name)

    def inputs(self) -> Set[str]:
        """The condition inputs that adapters of the encoder depend on."""
        configs = source_configs(self.checkpoint.config).values()
        return {name for config in configs for name in config.inputs["encoder"]}

    def remarks(self, cells: Sequence[Cell]) -> List[str]:
        """Returns a remark on languages that no trained cell has, if adapters depend on them."""
        trained = {code for cell in self.checkpoint.cells for code in cell.direction}
        unseen = {code for cell in cells for code in cell.direction} - trained
        if not unseen or not {"src", "tgt"} & self.inputs():
            return []
        return [
            f"no trained cell is in {listed(sorted(unseen))}: what the adapters know of these languages "
            "is as it was before training"
        ]
