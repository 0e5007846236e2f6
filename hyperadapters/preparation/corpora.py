"""Which files hold which sentences, pair by pair."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from .text import aligned_lines

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Source:
    """Two line-aligned files of a pair.

    Args:
        files: the source and the target side.
        gaps: whether an empty line means that there is no translation (multi-parallel files).
        half: 0 for the odd lines only, 1 for the even ones only.
        ragged: whether one file may end before the other.
    """

    files: tuple[Path, Path]
    gaps: bool
    half: int | None = None
    ragged: bool = False

    @property
    def turned(self) -> "Source":
        """The same with its sides exchanged."""
        return replace(self, files=self.files[::-1])

    def chunks(self) -> Iterator[tuple[bytes, bytes]]:
        """The aligned lines, a chunk at a time."""
        first = 0
        for sides in aligned_lines(self.files, self.ragged):
            if self.half is not None:
                first, start = first + len(sides[0]), (self.half - first) % 2
                sides = tuple(side[start::2] for side in sides)
            yield b"".join(sides[0]), b"".join(sides[1])


@dataclass(frozen=True)
class Part:
    """One split of a pair.

    Args:
        split: train, valid or test.
        src, tgt: languages of the two sides.
        sources: its files.
        drawn: sentence pairs to be taken out of the training files instead.
    """

    split: str
    src: str
    tgt: str
    sources: tuple[Source, ...] = ()
    drawn: int = 0

    @property
    def pair(self) -> str:
        return f"{self.src}-{self.tgt}"

    @property
    def name(self) -> str:
        return f"{self.split}.{self.pair}"

    @property
    def turned(self) -> str:
        """The name of the same split of the pair in the other order."""
        return f"{self.split}.{self.tgt}-{self.src}"


@dataclass(frozen=True)
class CorpusFile:
    """A file of a corpus; with `gaps`, empty lines are allowed; if `ragged`, it may end early."""

    path: Path
    language: str
    split: str
    gaps: bool
    ragged: bool = False


@dataclass
class Corpora:
    """Everything that a configuration names.

    Args:
        languages: all languages, in the order of their ids.
        parts: every split of every pair, by name (`train.de-en`).
        groups: files that must have the same number of lines.
        extra_held_out: files whose sentences must not be trained on, beside valid and test.
    """

    languages: list[str]
    parts: dict[str, Part] = field(default_factory=dict)
    groups: list[list[CorpusFile]] = field(default_factory=list)
    extra_held_out: list[Path] = field(default_factory=list)

    def of(self, *splits: str) -> list[Part]:
        """The parts of these splits."""
        return [part for part in self.parts.values() if part.split in splits]

    def train_part(self, part: Part) -> Part | None:
        """The training part of a part's pair, in either order."""
        train = Part("train", part.src, part.tgt)
        return self.parts.get(train.name) or self.parts.get(train.turned)

    def files(self) -> list[Path]:
        """Every file once, in order."""
        paths = [entry.path for group in self.groups for entry in group]
        return list(dict.fromkeys(paths + self.extra_held_out))

    def held_out(self) -> dict[Path, str | None]:
        """Every file of a valid or test set, with its language."""
        languages_by_path: dict[Path, str | None] = {
            entry.path: entry.language
            for group in self.groups
            for entry in group
            if entry.split != "train"
        }
        extra = [path for path in self.extra_held_out if path not in languages_by_path]
        return {**languages_by_path, **dict.fromkeys(extra)}


def relative(path: Path) -> str:
    """A path as short as messages need it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
