"""The translation demo: three systems trained and compared in all directions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..support.errors import UserError
from ..training.jobs import Job
from ..training.log import words_per_second
from .demo import USER_DIR, Command, Demo, Plan, Row
from .translation_corpus import train_pieces, write_configuration, write_text_files

HYPER = "hyper-adapters"
# what the table calls each system, by its folder
SYSTEMS = {"backbone": "backbone", "language-adapters": "language adapters", HYPER: HYPER}
OPTIONS = {
    "backbone": ("--adapter-source", "none"),
    "language-adapters": ("--adapter-source", "language", "--adapter-bottleneck", "32"),
    HYPER: (
        "--adapter-source", "hyper", "--adapter-bottleneck", "32",
        "--hyper-hidden", "16", "--hyper-lang-dim", "8", "--hyper-layer-dim", "8",
    ),
}  # fmt: skip
# what the table calls the kinds of directions
GROUPS = {"supervised": "other_supervised", "zero_shot": "zero_shot"}


@dataclass(frozen=True)
class TranslationPlan(Plan):
    """Sizes of a run.

    Args:
        largest, smallest: training sentences of the hub and of the smallest language.
        valid, test: sentences a language.
        pieces: sentencepiece vocabulary.
        updates: training updates of each system.
        max_tokens: pieces a batch.
        beam: beam size.
        samples: resamples of the significance tests.
    """

    QUICK = {
        "largest": 3000, "smallest": 1000, "valid": 50, "test": 20, "updates": 220, "beam": 1,
    }  # fmt: skip

    largest: int = 6000
    smallest: int = 1500
    valid: int = 100
    test: int = 60
    pieces: int = 2000
    updates: int = 900
    max_tokens: int = 1000
    beam: int = 4
    samples: int = 1000


class TranslationDemo(Demo):
    """A backbone alone, language adapters and hyper-adapters, trained from and to one language."""

    columns = {
        "adapter_parameters": ("adapter parameters", ","),
        "supervised_bleu": ("supervised BLEU", ".1f"),
        "supervised_chrf": ("supervised chrF", ".1f"),
        "zero_shot_bleu": ("zero-shot BLEU", ".1f"),
        "zero_shot_chrf": ("zero-shot chrF", ".1f"),
        "words_per_second": ("training words per second", ",.0f"),
    }
    files = {"comparison": "comparison/comparison.md", "picture": "languages.png"}

    @property
    def directions(self) -> list[str]:
        """The trained directions: from and to the first language."""
        hub, *others = self.family.languages
        return [direction for code in others for direction in (f"{hub}-{code}", f"{code}-{hub}")]

    def write_corpus(self) -> None:
        plan, languages = self.plan, self.family.languages
        train = (plan.largest, plan.smallest)
        write_text_files(self.out, self.family, train, plan.valid, plan.test)
        train_pieces(self.out, languages, plan.pieces)
        write_configuration(self.out / self.configuration, languages)
        # where the pages and scripts look for the data
        (self.out / "bin").unlink(missing_ok=True)
        (self.out / "bin").symlink_to(Path("prepared", "bin"))

    def trainings(self) -> list[Job]:
        return [self.training(name, self.train_command(name)) for name in SYSTEMS]

    def train_command(self, name: str) -> Command:
        """The fairseq-train command of a system."""
        plan = self.plan
        return [
            "fairseq-train", self.path("bin"), "--user-dir", str(USER_DIR),
            "--task", "multilingual_adapter_translation",
            "--lang-pairs", ",".join(self.directions),
            "--encoder-langtok", "tgt", "--sampling-method", "temperature",
            "--sampling-temperature", "2", "--arch", "adapter_transformer",
            "--encoder-embed-dim", "128", "--encoder-ffn-embed-dim", "512",
            "--encoder-layers", "2", "--decoder-layers", "2",
            "--encoder-attention-heads", "4", "--decoder-attention-heads", "4", "--dropout", "0",
            *OPTIONS[name],
            "--criterion", "label_smoothed_cross_entropy", "--label-smoothing", "0.1",
            "--optimizer", "adam", "--adam-betas", "(0.9, 0.98)", "--clip-norm", "1.0",
            "--lr-scheduler", "inverse_sqrt", "--warmup-updates", "150", "--lr", "0.004",
            "--max-tokens", str(plan.max_tokens), "--max-update", str(plan.updates),
            "--num-workers", "0", "--seed", str(plan.seed), "--save-dir", self.path(name),
            "--save-interval-updates", "200", "--keep-interval-updates", "1",
            "--no-epoch-checkpoints", "--disable-validation",
            "--log-format", "json", "--log-interval", "10",
        ]  # fmt: skip

    def evaluations(self) -> dict[str, list[Command]]:
        evaluations = {
            f"evaluation: {title}": [[
                "evaluate", "--checkpoint", self.checkpoint(name), "--data", self.path("bin"),
                "--references", self.path("text"), "--beam", str(self.plan.beam),
                "--name", title, "--out", self.path("evaluation", name),
            ]]
            for name, title in SYSTEMS.items()
        }  # fmt: skip
        folders = (self.path("evaluation", name) for name in SYSTEMS)
        comparison = [
            "compare", *folders, "--samples", str(self.plan.samples),
            "--out", self.path("comparison"),
        ]  # fmt: skip
        return {**evaluations, "comparison": [comparison]}

    def results(self) -> list[Row]:
        self.draw()
        comparison = self.read("comparison", "comparison.json")
        signatures = next(iter(comparison["directions"].values()))["signature"]
        speeds = {title: training_speed(self.log(name)) for name, title in SYSTEMS.items()}
        return [
            row(system, speeds.get(system["name"]), signatures)
            for system in (comparison["source_copy"], *comparison["systems"])
        ]

    def examples(self) -> list[Command]:
        generate = [
            "fairseq-generate", self.path("bin"), "--user-dir", str(USER_DIR),
            "--task", "multilingual_adapter_translation", "--path", self.checkpoint(HYPER),
            "--source-lang", "qbb", "--target-lang", "qcc", "--beam", str(self.plan.beam),
            "--bpe", "sentencepiece_bytes",
            "--sentencepiece-model", self.path("sentencepiece.model"),
        ]  # fmt: skip
        return [generate]

    def draw(self) -> None:
        """Draws the learnt language embeddings beside the true family tree."""
        from ..checkpoints.checkpoint import Checkpoint
        from .languages_figure import draw_languages

        checkpoint = Checkpoint(self.checkpoint(HYPER))
        embeddings = checkpoint.adapter_tensors()["embeddings.languages.weight"].float().numpy()
        picture, codes = self.out / "languages.png", checkpoint.languages.codes
        draw_languages(picture, self.family, codes, embeddings)

    def notes(self, rows: Sequence[Row]) -> str:
        trained, languages = len(self.directions), len(self.family.languages)
        zero_shot = languages * (languages - 1) - trained
        return (
            f"Constructed languages; means over {trained} trained and {zero_shot} zero-shot "
            "directions. Words are target pieces (fairseq's wps).\n"
            f"BLEU: {rows[0]['signature_bleu']}. chrF: {rows[0]['signature_chrf']}.\n"
        )


def training_speed(log: Path) -> float | None:
    """Pieces a second, or None if the log has no figures, as after training by hand."""
    try:
        return words_per_second(log)
    except UserError:
        return None


def row(system: Mapping[str, Any], speed: float | None, signatures: Mapping[str, str]) -> Row:
    """A row of the table.

    Args:
        system: what `comparison.json` says of a system.
        speed: of its training.
        signatures: sacreBLEU's by metric.
    """
    return {
        "system": system["name"],
        "adapter_parameters": system["adapter_parameters"],
        **{
            f"{group}_{metric}": round(system["averages"][kind][metric], 2)
            for group, kind in GROUPS.items()
            for metric in signatures
        },
        "words_per_second": speed,
        **{f"signature_{metric}": signature for metric, signature in signatures.items()},
    }
