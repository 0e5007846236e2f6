"""What the demo does: sizes, systems and the fairseq commands."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

HUB = "qaa"
SYSTEMS: Dict[str, Tuple[str, ...]] = {
    "backbone": ("--adapter-source", "none"),
    "language adapters": ("--adapter-source", "language", "--adapter-bottleneck", "32"),
    "hyper-adapters": (
        "--adapter-source", "hyper", "--adapter-bottleneck", "32",
        "--hyper-hidden", "16", "--hyper-lang-dim", "8", "--hyper-layer-dim", "8",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Sizes of a demo run.

    Args:
        seed: seed of corpus, training and sampling.
        largest, smallest: training sentences of the hub and of the smallest language.
        valid, test: sentences a language.
        pieces: sentencepiece vocabulary.
        updates: training updates of each system.
        max_tokens: pieces a batch.
        beam: beam size.
    """

    seed: int = 1
    largest: int = 6000
    smallest: int = 1500
    valid: int = 100
    test: int = 60
    pieces: int = 2000
    updates: int = 900
    max_tokens: int = 1000
    beam: int = 4

    def settings(self) -> Dict[str, Any]:
        return asdict(self)


def plan_of(quick: bool, seed: int) -> Plan:
    """The plan of a full or a quick run."""
    if quick:
        return Plan(seed, largest=3000, smallest=1000, valid=50, test=20, updates=220, beam=1)
    return Plan(seed)


def trained_directions(languages: Tuple[str, ...]) -> List[str]:
    """Directions from and to the hub: the only ones that are trained."""
    others = [code for code in languages if code != HUB]
    return [pair for code in others for pair in (f"{HUB}-{code}", f"{code}-{HUB}")]


def all_directions(languages: Tuple[str, ...]) -> List[str]:
    """Every direction between two different languages."""
    return [f"{src}-{tgt}" for src in languages for tgt in languages if src != tgt]


def slug(system: str) -> str:
    """A system's name in file names."""
    return system.replace(" ", "-")


def preprocess_command(out: Path, src: str, tgt: str, train: bool) -> List[str]:
    """The fairseq-preprocess command of a pair."""
    pieces = out / "pieces"
    train_options = (
        ["--trainpref", str(pieces / f"train.{src}-{tgt}"), "--validpref", str(pieces / "valid")]
        if train
        else []
    )
    return [
        "fairseq-preprocess", "--source-lang", src, "--target-lang", tgt, *train_options,
        "--testpref", str(pieces / "test"), "--destdir", str(out / "bin"),
        "--srcdict", str(out / "dict.txt"), "--tgtdict", str(out / "dict.txt"), "--workers", "1",
    ]  # fmt: skip


def train_command(
    out: Path, plan: Plan, system: str, directions: List[str], user_dir: Path
) -> List[str]:
    """The fairseq-train command of a system."""
    return [
        "fairseq-train", str(out / "bin"), "--user-dir", str(user_dir),
        "--task", "multilingual_adapter_translation", "--lang-pairs", ",".join(directions),
        "--encoder-langtok", "tgt", "--sampling-method", "temperature",
        "--sampling-temperature", "2", "--arch", "adapter_transformer",
        "--encoder-embed-dim", "128", "--encoder-ffn-embed-dim", "512",
        "--encoder-layers", "2", "--decoder-layers", "2",
        "--encoder-attention-heads", "4", "--decoder-attention-heads", "4", "--dropout", "0",
        *SYSTEMS[system],
        "--criterion", "label_smoothed_cross_entropy", "--label-smoothing", "0.1",
        "--optimizer", "adam", "--adam-betas", "(0.9, 0.98)", "--clip-norm", "1.0",
        "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "150", "--lr", "0.004",
        "--max-tokens", str(plan.max_tokens), "--max-update", str(plan.updates),
        "--num-workers", "0", "--seed", str(plan.seed), "--save-dir", str(out / slug(system)),
        "--save-interval-updates", "200", "--keep-interval-updates", "1", "--no-epoch-checkpoints",
        "--disable-validation", "--log-format", "json", "--log-interval", "10",
    ]  # fmt: skip


def generate_command(
    out: Path, plan: Plan, system: str, direction: str, user_dir: Path
) -> List[str]:
    """The fairseq-generate command that translates one direction's test set."""
    src, tgt = direction.split("-")
    return [
        "fairseq-generate", str(out / "bin"), "--user-dir", str(user_dir),
        "--task", "multilingual_adapter_translation",
        "--path", str(out / slug(system) / "checkpoint_last.pt"),
        "--source-lang", src, "--target-lang", tgt, "--beam", str(plan.beam),
        "--bpe", "sentencepiece_bytes", "--sentencepiece-model", str(out / "sentencepiece.model"),
    ]  # fmt: skip
