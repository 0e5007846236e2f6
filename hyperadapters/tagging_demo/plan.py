"""What the tagging demo does: sizes, cells, systems and the fairseq commands."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

HUB = "qaa"
LANGUAGES = ("qaa", "qab", "qac", "qba", "qbb", "qbc", "qca", "qcb", "qcc")
TAGGED = "pos:qaa,pos:qbb,pos:qcc,ner:qab,ner:qba,ner:qcb"
TEXT = ",".join(f"mlm:{code}" for code in LANGUAGES)
PAIRS = ",".join(
    f"translation:{pair}" for code in LANGUAGES[1:] for pair in (f"{HUB}-{code}", f"{code}-{HUB}")
)


@dataclass(frozen=True)
class Training:
    """One training.

    Args:
        name: its folder.
        cells: the cells, as --task-languages takes them.
        start: the training whose checkpoint it starts from; None for no checkpoint.
        options: of the model.
        title: what the table calls it; empty for what only others start from.
    """

    name: str
    cells: str
    start: str
    options: Tuple[str, ...]
    title: str = ""


FROZEN = ("--freeze-backbone", "--adapter-bottleneck", "32")
TRAININGS = (
    Training("backbone", PAIRS, "", ("--adapter-source", "none", "--encoder-langtok", "tgt")),
    Training(
        "hyper-x", f"{TAGGED},{TEXT}", "backbone",
        (*FROZEN, "--adapter-source", "hyper", "--hyper-hidden", "16", "--hyper-lang-dim", "8",
         "--hyper-layer-dim", "8"),
        "Hyper-X",
    ),
    Training(
        "task-adapters", TAGGED, "backbone", (*FROZEN, "--adapter-source", "task"), "task adapters"
    ),
    Training("language-adapters", TEXT, "backbone", (*FROZEN, "--adapter-source", "language")),
    Training(
        "stack", TAGGED, "language-adapters", (*FROZEN, "--adapter-source", "stack"),
        "language and task adapters, stacked",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Sizes of a run.

    Args:
        seed: seed of corpus and training.
        train, valid, test: sentences a language.
        pieces: sentencepiece vocabulary.
        backbone_updates: training updates of the backbone.
        updates: those of every other training.
        max_tokens: pieces a batch.
    """

    seed: int = 1
    train: int = 2000
    valid: int = 60
    test: int = 150
    pieces: int = 2000
    backbone_updates: int = 700
    updates: int = 500
    max_tokens: int = 1500

    def settings(self) -> Dict[str, Any]:
        return asdict(self)


def plan_of(quick: bool, seed: int) -> Plan:
    """The plan of a full or a quick run."""
    if quick:
        return Plan(seed, train=600, test=60, backbone_updates=150, updates=100)
    return Plan(seed)


def train_command(out: Path, plan: Plan, training: Training, user_dir: Path) -> List[str]:
    """The fairseq-train command of a training."""
    start = (
        ["--init-from", str(out / training.start / "checkpoint_last.pt")] if training.start else []
    )
    updates = plan.updates if training.start else plan.backbone_updates
    return [
        "fairseq-train", str(out / "corpus"), "--user-dir", str(user_dir), "--task", "hyperx",
        "--task-languages", training.cells, "--arch", "hyperx_encoder_tiny",
        "--encoder-embed-dim", "128", "--encoder-ffn-embed-dim", "256",
        "--encoder-attention-heads", "4", *start, *training.options,
        "--criterion", "cells", "--optimizer", "fused_adam", "--adam-betas", "(0.9, 0.98)",
        "--clip-norm", "1.0", "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "100",
        "--lr", "0.003", "--max-tokens", str(plan.max_tokens), "--max-update", str(updates),
        "--num-workers", "0", "--seed", str(plan.seed), "--save-dir", str(out / training.name),
        "--save-interval-updates", "200", "--keep-interval-updates", "1", "--no-epoch-checkpoints",
        "--disable-validation", "--log-format", "json", "--log-interval", "10",
    ]  # fmt: skip
