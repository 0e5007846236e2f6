"""What every stage of a preparation needs to know."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..support.resumable import StepLog
from ..support.workers import Workers
from .config import Config
from .corpora import Corpora, Part

VERSION = 5  # of what the stages write: another one does everything anew


@dataclass
class Context:
    """A preparation under way, as its stages see it.

    Args:
        config: the configuration.
        corpora: all files and pairs that it stands for.
        folder: where relative paths of the configuration start.
        out: folder for everything that is written.
        steps: what is done already.
        workers: processes.
        facts: what validation says of the input files, by file.
    """

    config: Config
    corpora: Corpora
    folder: Path
    out: Path
    steps: StepLog
    workers: Workers
    facts: dict[Path, dict[str, Any]] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Folder of intermediate files."""
        return self.out / "work"

    def text_folder(self, part: Part) -> Path:
        """Where the filtered text of a part is."""
        return self.work if part.split == "train" else self.out / "text"

    def text_files(self, part: Part) -> list[Path]:
        """The filtered text of both sides of a part."""
        folder = self.text_folder(part)
        return [folder / f"{part.name}.{code}" for code in (part.src, part.tgt)]

    def counts(self, part: Part) -> dict[str, Any]:
        """What filtering a part returned: read, kept, dropped, digest."""
        return self.steps.result(f"filter {part.name}")

    def full(self, *splits: str) -> list[Part]:
        """The parts of these splits that have sentences left."""
        return [part for part in self.corpora.of(*splits) if self.counts(part)["kept"]]
