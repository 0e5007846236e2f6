"""The systems that are measured, each as fairseq-train would build it."""

import contextlib
import logging
import tempfile
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from fairseq import options as fairseq_options
from fairseq import tasks
from fairseq.dataclass.configs import GenerationConfig
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.trainer import Trainer

from ..parameter_counts import numbered_directions
from ..support.files import write_lines
from .layerwise import LayerwiseHypernetwork
from .options import BenchmarkOptions

# What a system is called, and the adapter source that it trains.
SYSTEMS = {
    "backbone": "none",
    "language": "language",
    "hyper": "hyper",
    "layerwise": "hyper",
}

# what a kind cannot be trained without: generated masks are learnt
FURTHER_OPTIONS = {"head_mask": ("--head-mask-kept", "0.7")}


@dataclass
class System:
    """A model with its trainer.

    Args:
        name: a name in `SYSTEMS`.
        task: the translation task.
        trainer: fairseq's trainer of the model.
    """

    name: str
    task: Any
    trainer: Trainer

    @property
    def model(self) -> torch.nn.Module:
        """The model as the trainer runs it, in the precision of training."""
        return self.trainer.model

    def train(self, batch: dict[str, Any]) -> None:
        """One update on a batch: forward, backward, optimizer."""
        self.trainer.train_step([batch])

    def decode(self, batch: dict[str, Any], beam: int, length: int) -> None:
        """Beam search of exactly `length` target tokens for every sentence of a batch."""
        config = GenerationConfig(beam=beam, max_len_a=0, max_len_b=length, min_len=length)
        self.model.eval()
        generator = self.task.build_generator([self.model], config)
        self.task.inference_step(generator, [self.model], batch)


def directions_of(options: BenchmarkOptions) -> list[str]:
    """The English-centric directions between numbered languages."""
    return numbered_directions(options.languages, None).split(",")


def words_of(options: BenchmarkOptions, source: str, folder: Path) -> list[str]:
    """The words of the fairseq-train command of a system."""
    return [
        str(folder), "--task", "multilingual_adapter_translation",
        "--lang-pairs", ",".join(directions_of(options)),
        "--fixed-dictionary", str(folder / "dict.txt"), "--encoder-langtok", "tgt",
        "--arch", options.arch, "--adapter-source", source, "--adapter-kind", options.kind,
        "--adapter-bottleneck", str(options.bottleneck), "--hyper-hidden", str(options.hidden),
        "--criterion", "label_smoothed_cross_entropy", "--label-smoothing", "0.1",
        "--optimizer", options.optimizer, "--adam-betas", "(0.9, 0.98)", "--clip-norm", "1.0",
        *FURTHER_OPTIONS.get(options.kind, ()),
        "--lr", "0.0001", "--max-tokens", str(options.tokens), "--seed", str(options.seed),
        # flat half precision optimizers need a GPU
        *(["--cpu", "--fp16-no-flatten-grads"] if options.device == "cpu" else []),
    ]  # fmt: skip


@contextlib.contextmanager
def quiet():
    """Within this context fairseq logs errors only."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(previous)


def build(name: str, options: BenchmarkOptions) -> System:
    """Builds a system with random weights.

    Args:
        name: a name in `SYSTEMS`.
        options: the benchmark's sizes.
    Raises:
        UserError: if the model's options are out of range.
    """
    with quiet(), tempfile.TemporaryDirectory() as folder:
        write_lines(Path(folder) / "dict.txt", (f"w{n} 1" for n in range(options.vocabulary)))
        words = words_of(options, SYSTEMS[name], Path(folder))
        parser = fairseq_options.get_training_parser()
        args: Namespace = fairseq_options.parse_args_and_arch(parser, words)
        cfg = convert_namespace_to_omegaconf(args)
        # not as options: fairseq's parser takes --bf16 for a TPU
        cfg.common.fp16, cfg.common.bf16 = options.precision == "fp16", options.precision == "bf16"
        torch.manual_seed(options.seed)
        task = tasks.setup_task(cfg.task)
        model = task.build_model(cfg.model)
        if name == "layerwise":
            model.encoder.adapters = LayerwiseHypernetwork(model.encoder.adapters.config)
        trainer = Trainer(cfg, task, model, task.build_criterion(cfg.criterion))
        trainer.optimizer  # noqa: B018  built here, not within the first measured step
    return System(name, task, trainer)
