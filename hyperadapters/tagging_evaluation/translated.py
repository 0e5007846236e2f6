"""Evaluation of translation cells by beam search."""

from argparse import Namespace
from typing import Any, Dict, List, Sequence, Tuple

import torch
from tqdm import tqdm

from ..evaluation.decoding import Decoder, Sentences
from ..evaluation.scores import Scorer
from ..multitask.cells import Cell
from ..multitask.dataset import CellSentences, collate
from ..multitask.task import Task
from ..multitask.translation import Translation
from ..tasks.hyperx import HyperXTask
from .loaded import Loaded
from .outcome import Judge, Outcome, Scored
from .predictions import lines


class Sources:
    """The sources of a translation cell, as `Decoder` takes them.

    Args:
        dataset: the encoded sentence pairs.
    """

    def __init__(self, dataset: CellSentences) -> None:
        self.dataset = dataset
        self.size = dataset.size

    def __getitem__(self, row: int) -> Dict[str, Any]:
        return {"row": row}

    def collater(self, samples: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
        """A batch whose `id` [B] are those of the samples."""
        net_input = collate([self.dataset[one["row"]] for one in samples])["net_input"]
        del net_input["parts"]  # teacher forcing
        return {"id": torch.tensor([one["id"] for one in samples]), "net_input": net_input}


class TranslatingTask:
    """The task `hyperx` as `Decoder` takes it.

    Args:
        task: the task.
    """

    args = Namespace(lang_tok_replacing_bos_eos=False)

    def __init__(self, task: HyperXTask) -> None:
        self.target_dictionary = task.target_dictionary
        self.build_generator = task.build_generator
        self.inference_step = task.inference_step

    def set_direction(self, src: str, tgt: str) -> None:
        """Nothing: batches carry the ids of their languages."""


class Translations(Judge):
    """BLEU and chrF of the best hypothesis of beam search."""

    tasks = Translation

    def predict(self, cell: Cell, sentences: Sequence[Tuple[str, str]], loaded: Loaded) -> Outcome:
        dataset = loaded.task.encoded(cell, sentences)
        decoder = Decoder(TranslatingTask(loaded.task), loaded.model, loaded.search, loaded.limits)
        every = Sentences(cell.name, *cell.direction, Sources(dataset), range(len(dataset)))
        hypotheses: List[str] = [""] * len(sentences)  # of pairs that are too long
        with tqdm(total=len(dataset), desc=f"translating {cell.name}", leave=False) as bar:
            for batch in decoder.decode([every]):
                for _, row, pieces in batch.rows:
                    text = loaded.task.pieces.bpe.decode(pieces)
                    hypotheses[dataset.sentences[row].sentence] = text
                bar.update(len(batch.rows))
        return Outcome(
            [[(*pair, found)] for pair, found in zip(sentences, hypotheses)], dataset.report
        )

    def score(self, task: Task, cell: Cell, outcome: Outcome, loaded: Loaded) -> Scored:
        scorer = Scorer(
            lines(outcome.sentences, "references"), loaded.tokenizers[cell.direction[1]]
        )
        found = scorer.score(lines(outcome.sentences, "hypotheses"))
        chrf = {"score": found.values["chrf"], "signature": found.signatures["chrf"]}
        return Scored("BLEU", found.values["bleu"], found.signatures["bleu"], {"chrF": chrf})
