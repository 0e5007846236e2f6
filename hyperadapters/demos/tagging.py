"""The tagging demo: tasks and languages on one encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..data.conlang_family import CODES
from ..training.jobs import Job
from .demo import USER_DIR, Command, Demo, Plan, Row
from .tagging_corpus import write_corpus

# every language has labels of one task; the other one is zero-shot
TAGGED = "pos:qaa,pos:qac,pos:qbb,pos:qca,pos:qcc,ner:qab,ner:qba,ner:qbc,ner:qcb"
TEXT = ",".join(f"mlm:{code}" for code in CODES)
EVALUATED = ",".join(f"{task}:{code}" for task in ("pos", "ner") for code in CODES)
LOOK_UP = "look-up"
BACKBONE = "backbone"
# what the table calls each system, by the folder of its evaluation
SYSTEMS = {
    LOOK_UP: LOOK_UP,
    "hyper-x": "Hyper-X",
    "hyper-x-no-language": "Hyper-X without language",
    "task-adapters": "task adapters",
    "stack": "language and task adapters, stacked",
}


@dataclass(frozen=True)
class TaggingPlan(Plan):
    """Sizes of a run.

    Args:
        train, valid, test: sentences a language.
        pieces: sentencepiece vocabulary.
        backbone_updates: training updates of the backbone.
        updates: those of every other training.
        max_tokens: pieces a batch; the backbone gets twice as many.
    """

    QUICK = {"train": 600, "test": 60, "backbone_updates": 300, "updates": 100}

    train: int = 1500
    valid: int = 60
    test: int = 150
    pieces: int = 2000
    backbone_updates: int = 900
    updates: int = 600
    max_tokens: int = 2000


class TaggingDemo(Demo):
    """Hyper-X, its control and its baselines on the encoder of one masked language model."""

    configuration = "corpus/translation.yaml"
    columns = {
        "adapter_parameters": ("adapter parameters", ","),
        "trained_pos": ("POS accuracy, trained", ".1f"),
        "trained_ner": ("entity F1, trained", ".1f"),
        "zero_shot_pos": ("POS accuracy, zero-shot", ".1f"),
        "zero_shot_ner": ("entity F1, zero-shot", ".1f"),
    }
    files = {"all cells": "evaluation"}

    def write_corpus(self) -> None:
        sizes = {split: getattr(self.plan, split) for split in ("test", "valid", "train")}
        write_corpus(self.out / "corpus", self.family, sizes, self.plan.pieces)

    def trainings(self) -> list[Job]:
        # the longest way first: the stack waits for its language adapters
        return [
            self.training(BACKBONE, self.backbone_command()),
            self.on("language-adapters", TEXT, BACKBONE, "language"),
            self.on("hyper-x", TAGGED, BACKBONE, "hyper"),
            self.on(
                "hyper-x-no-language",
                TAGGED,
                BACKBONE,
                "hyper",
                "--encoder-adapter-condition",
                "task",
            ),
            self.on("task-adapters", TAGGED, BACKBONE, "task"),
            self.on("stack", TAGGED, "language-adapters", "stack"),
        ]

    def backbone_command(self) -> Command:
        """The fairseq-train command of the masked language model whose encoder all others share."""
        return [
            *self.cells_command(BACKBONE, TEXT),
            "--encoder-embed-dim", "128", "--encoder-ffn-embed-dim", "256",
            "--encoder-attention-heads", "4", "--adapter-source", "none",
            "--lr-scheduler", "polynomial_decay",
            "--total-num-update", str(self.plan.backbone_updates),
            "--lr", "0.006", "--warmup-updates", "200",
            "--max-update", str(self.plan.backbone_updates),
            "--max-tokens", str(2 * self.plan.max_tokens),
        ]  # fmt: skip

    def on(self, name: str, cells: str, start: str, source: str, *options: str) -> Job:
        """A training on the frozen encoder of another.

        Args:
            name: its folder.
            cells: the cells, as --task-languages takes them.
            start: the training whose checkpoint it starts from.
            source: the adapter source.
            options: further options of fairseq-train.
        """
        command = [
            *self.cells_command(name, cells),
            "--init-from", self.checkpoint(start), "--freeze-backbone",
            "--adapter-source", source, *options,
            "--adapter-bottleneck", "64", "--hyper-hidden", "8",
            "--hyper-lang-dim", "8", "--hyper-layer-dim", "8", "--hyper-dropout", "0.2",
            "--lr-scheduler", "inverse_sqrt", "--lr", "0.003", "--warmup-updates", "100",
            "--max-update", str(self.plan.updates), "--max-tokens", str(self.plan.max_tokens),
        ]  # fmt: skip
        return self.training(name, command, start)

    def cells_command(self, name: str, cells: str) -> Command:
        """What the fairseq-train commands share."""
        return [
            "fairseq-train", self.path("corpus"), "--user-dir", str(USER_DIR),
            "--task", "hyperx", "--task-languages", cells,
            "--arch", "hyperx_encoder_tiny", "--criterion", "multitask_cross_entropy",
            "--optimizer", "fused_adam", "--adam-betas", "(0.9, 0.98)", "--clip-norm", "1.0",
            "--num-workers", "0", "--seed", str(self.plan.seed), "--save-dir", self.path(name),
            "--no-epoch-checkpoints", "--save-interval-updates", "200",
            "--keep-interval-updates", "1", "--disable-validation",
            "--log-format", "json", "--log-interval", "10",
        ]  # fmt: skip

    def evaluations(self) -> dict[str, list[Command]]:
        models = {
            name: ["--look-up", TAGGED]
            if name == LOOK_UP
            else ["--checkpoint", self.checkpoint(name)]
            for name in SYSTEMS
        }
        return {
            f"evaluation: {title}": [[
                "evaluate-tagging", *models[name], "--cpu", "--data", self.path("corpus"),
                "--cells", EVALUATED, "--name", title, "--out", self.path("evaluation", name),
            ]]
            for name, title in SYSTEMS.items()
        }  # fmt: skip

    def results(self) -> list[Row]:
        return [row(self.read("evaluation", name, "evaluation.json")) for name in SYSTEMS]

    def notes(self, rows: Sequence[Row]) -> str:
        return (
            "Constructed languages; means over the trained and the zero-shot languages of a task; "
            "the same frozen backbone, one seed. The look-up has no model: every word gets its most "
            "frequent label in the training sentences of all languages (names are the same strings "
            "in all of them), an unknown word the most frequent label of the task. Hyper-X without "
            "language is the same hypernetwork, but it is told task and layer alone.\n"
        )


def row(evaluation: Mapping[str, Any]) -> Row:
    """A row of the table from what `evaluation.json` holds."""
    return {
        "system": evaluation["system"]["name"],
        "adapter_parameters": evaluation["system"]["adapter_parameters"],
        **{
            f"{group}_{task}": evaluation["averages"][group][task]
            for group in ("trained", "zero_shot")
            for task in ("pos", "ner")
        },
    }
