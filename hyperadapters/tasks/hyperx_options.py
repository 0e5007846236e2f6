"""The options of `--task hyperx` that belong to no single task of it."""

from dataclasses import dataclass, field
from typing import Optional

from omegaconf import MISSING

from ..data.lengths import LengthOptions
from ..data.resume_options import ResumeOptions
from ..data.start_sample import StartOptions


@dataclass
class CellOptions(ResumeOptions, LengthOptions, StartOptions):
    """These options."""

    data: str = field(
        default=MISSING,
        metadata={"help": "folder of the file corpus.yaml, which names the files of every task"},
    )
    task_languages: Optional[str] = field(
        default=None,
        metadata={
            "help": "cells to train: pos:en,ner:de:100,mlm:tr (a number: so many of its sentences)"
        },
    )
    sampling_temperature: float = field(
        default=5.0,
        metadata={"help": "a cell of n sentences is drawn with weight n^(1/T) (default: 5)"},
    )
    one_cell_a_batch: bool = field(
        default=False,
        metadata={"help": "fill each training batch from one cell instead of mixing them"},
    )
    meta_inner_updates: int = field(
        default=0,
        metadata={
            "help": "meta-learning (first-order MAML): adapt to half of a language's sentences in the "
            "batch by so many steps of gradient descent, and learn from the others (default: 0, none)"
        },
    )
    meta_inner_lr: float = field(
        default=1e-3, metadata={"help": "learning rate of these steps (default: 0.001)"}
    )
    meta_inner_head_lr: float = field(
        default=1e-2, metadata={"help": "that of the tasks' heads (default: 0.01)"}
    )
    max_pieces: int = field(
        default=256, metadata={"help": "longer sentences are taken in parts (default: 256)"}
    )
    encoder_langtok: Optional[str] = field(
        default=None,
        metadata={"help": "translation: begin the source with the language token of src or tgt"},
    )
    lang_tok_style: str = field(
        default="multilingual", metadata={"help": "style of language tokens: multilingual or mbart"}
    )
