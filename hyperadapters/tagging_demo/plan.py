"""What the tagging demo does: sizes, cells, systems and the fairseq commands."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

LANGUAGES = ("qaa", "qab", "qac", "qba", "qbb", "qbc", "qca", "qcb", "qcc")
# every language has labels of one task; the other one is zero-shot
TAGGED = "pos:qaa,pos:qac,pos:qbb,pos:qca,pos:qcc,ner:qab,ner:qba,ner:qbc,ner:qcb"
TEXT = ",".join(f"mlm:{code}" for code in LANGUAGES)


@dataclass(frozen=True)
class Training:
    """One training of cells.

    Args:
        name: its folder.
        cells: the cells, as --task-languages takes them.
        start: the training whose checkpoint it starts from.
        source: the adapter source.
        title: what the table calls it; empty for what only others start from.
        options: further options of fairseq-train.
    """

    name: str
    cells: str
    start: str
    source: str
    title: str = ""
    options: Tuple[str, ...] = ()


BACKBONE = "backbone"
# the longest way first: the stack waits for its language adapters
TRAININGS = (
    Training("language-adapters", TEXT, BACKBONE, "language"),
    Training("hyper-x", TAGGED, BACKBONE, "hyper", "Hyper-X"),
    Training(
        "hyper-x-no-language", TAGGED, BACKBONE, "hyper", "Hyper-X without language",
        ("--encoder-adapter-condition", "task"),
    ),
    Training("task-adapters", TAGGED, BACKBONE, "task", "task adapters"),
    Training("stack", TAGGED, "language-adapters", "stack", "language and task adapters, stacked"),
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
        max_tokens: pieces a batch; the backbone gets twice as many.
    """

    seed: int = 1
    train: int = 1500
    valid: int = 60
    test: int = 150
    pieces: int = 2000
    backbone_updates: int = 900
    updates: int = 600
    max_tokens: int = 2000

    def settings(self) -> Dict[str, Any]:
        return asdict(self)


def plan_of(quick: bool, seed: int) -> Plan:
    """The plan of a full or a quick run."""
    if quick:
        return Plan(seed, train=600, test=60, backbone_updates=300, updates=100)
    return Plan(seed)


def backbone_command(out: Path, plan: Plan, user_dir: Path) -> List[str]:
    """The fairseq-train command of the masked language model whose encoder all others share."""
    return [
        *cells_command(out, TEXT, user_dir),
        "--encoder-embed-dim", "128", "--encoder-ffn-embed-dim", "256",
        "--encoder-attention-heads", "4", "--adapter-source", "none",
        "--lr-scheduler", "polynomial_decay", "--total-num-update", str(plan.backbone_updates),
        "--lr", "0.006", "--warmup-updates", "200", "--max-update", str(plan.backbone_updates),
        "--save-dir", str(out / BACKBONE), *common(plan, 2 * plan.max_tokens),
    ]  # fmt: skip


def train_command(out: Path, plan: Plan, training: Training, user_dir: Path) -> List[str]:
    """The fairseq-train command of a system on the backbone."""
    return [
        *cells_command(out, training.cells, user_dir),
        "--init-from", str(out / training.start / "checkpoint_last.pt"), "--freeze-backbone",
        "--adapter-source", training.source, *training.options,
        "--adapter-bottleneck", "64", "--hyper-hidden", "8",
        "--hyper-lang-dim", "8", "--hyper-layer-dim", "8", "--hyper-dropout", "0.2",
        "--lr-scheduler", "inverse_sqrt", "--lr", "0.003",
        "--warmup-updates", "100", "--max-update", str(plan.updates),
        "--save-dir", str(out / training.name), *common(plan, plan.max_tokens),
    ]  # fmt: skip


def cells_command(out: Path, cells: str, user_dir: Path) -> List[str]:
    """How every command begins."""
    return [
        "fairseq-train", str(out / "corpus"), "--user-dir", str(user_dir), "--task", "hyperx",
        "--task-languages", cells, "--arch", "hyperx_encoder_tiny", "--criterion", "multitask_cross_entropy",
    ]  # fmt: skip


def common(plan: Plan, max_tokens: int) -> List[str]:
    """What all trainings share; `max_tokens` is the size of a batch."""
    return [
        "--optimizer", "fused_adam", "--adam-betas", "(0.9, 0.98)", "--clip-norm", "1.0",
        "--max-tokens", str(max_tokens), "--num-workers", "0", "--seed", str(plan.seed),
        "--no-epoch-checkpoints",
        "--save-interval-updates", "200", "--keep-interval-updates", "1",
        "--disable-validation", "--log-format", "json", "--log-interval", "10",
    ]  # fmt: skip
