"""Which files hold which sentences: a configuration spelled out pair by pair."""

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ..errors import Problems, UserError, nearest
from ..languages import Languages, codes_of, split_direction
from .config import Bitext, Config, MultiParallel
from .scripts import base

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Source:
    """Two line-aligned files of a pair.

    Args:
        files: the source and the target side.
        gaps: whether an empty line means that there is no translation (multi-parallel files).
    """

    files: Tuple[Path, Path]
    gaps: bool


@dataclass(frozen=True)
class Part:
    """One split of a pair; `name` is `src-tgt`."""

    split: str
    src: str
    tgt: str
    sources: Tuple[Source, ...]

    @property
    def pair(self) -> str:
        return f"{self.src}-{self.tgt}"

    @property
    def name(self) -> str:
        return f"{self.split}.{self.pair}"


@dataclass
class Corpora:
    """Everything that a configuration names.

    Args:
        languages: all languages, in the order of their ids.
        parts: every split of every pair, by name (`train.de-en`).
        groups: files that must have the same number of lines, with their language and split.
        extra_held_out: files whose sentences must not be trained on, beside valid and test.
    """

    languages: List[str]
    parts: Dict[str, Part] = field(default_factory=dict)
    groups: List[List["Named"]] = field(default_factory=list)
    extra_held_out: List[Path] = field(default_factory=list)

    def of(self, *splits: str) -> List[Part]:
        """The parts of these splits."""
        return [part for part in self.parts.values() if part.split in splits]

    def files(self) -> List[Path]:
        """Every file once, in order."""
        named = [entry.path for group in self.groups for entry in group]
        return list(dict.fromkeys(named + self.extra_held_out))

    def held_out(self) -> Dict[Path, Optional[str]]:
        """Every file of a valid or test set, with its language."""
        found: Dict[Path, Optional[str]] = {
            entry.path: entry.language
            for group in self.groups
            for entry in group
            if entry.split != "train"
        }
        return {**found, **{path: None for path in self.extra_held_out if path not in found}}


@dataclass(frozen=True)
class Named:
    """A file of a corpus; in `gaps`, empty lines are allowed."""

    path: Path
    language: str
    split: str
    gaps: bool


def spell_out(config: Config, folder: Path) -> Corpora:
    """Expands a configuration.

    Args:
        config: the configuration.
        folder: where relative paths start.
    Raises:
        UserError: with everything that does not fit together.
    """
    problems = Problems()
    corpora = Corpora(languages_of(config))
    builder = Builder(config, folder, corpora, problems)
    for number, bitext in enumerate(config.bitext):
        builder.add_bitext(bitext, f"bitext[{number}]")
    for split in SPLITS:
        builder.add_multiparallel(split)
    corpora.extra_held_out = [folder / file for file in config.filters.held_out]
    for code in config.filters.scripts:
        if code not in corpora.languages:
            problems.add(
                f"filters.scripts: unknown language '{code}': {nearest(code, corpora.languages)}"
            )
    if not problems.found and not corpora.of("train"):
        problems.add("no pair has training files")
    problems.raise_if_any()
    return corpora


def languages_of(config: Config) -> List[str]:
    """All languages, in the order of their ids.

    Raises:
        UserError: for an unusable code, or one that a corpus names and `languages` does not.
    """
    named = [code for corpus in config.multiparallel for code in corpus.languages]
    named += codes_of(bitext.pair for bitext in config.bitext)
    codes = config.languages or sorted(set(named))
    for code in (*codes, *named):
        if code in ("True", "False"):
            raise UserError("YAML reads no, yes, on and off as truth values: write codes as 'no'")
        if "." in code or "/" in code:
            raise UserError(f"'{code}' is no usable language code: leave out '.' and '/'")
    languages = Languages(codes)
    for code in named:
        languages.id(code)
    if config.english is not None:
        languages.id(config.english)
    return list(languages)


class Builder:
    """Fills `corpora`; what does not fit is added to `problems`."""

    def __init__(self, config: Config, folder: Path, corpora: Corpora, problems: Problems) -> None:
        self.config, self.folder, self.corpora, self.problems = config, folder, corpora, problems

    def add_bitext(self, bitext: Bitext, where: str) -> None:
        src, tgt = split_direction(bitext.pair)
        for split in SPLITS:
            sources = []
            for entry in as_list(getattr(bitext, split)):
                files = self.sides(entry, src, tgt, f"{where}.{split}")
                if files:
                    sources.append(Source(files, gaps=False))
                    self.corpora.groups.append(
                        [Named(file, code, split, False) for file, code in zip(files, (src, tgt))]
                    )
            self.add(split, src, tgt, sources)

    def sides(self, entry: Any, src: str, tgt: str, where: str) -> Optional[Tuple[Path, Path]]:
        """The two files of an entry of a bitext."""
        if isinstance(entry, str):
            files = [self.path(entry, code) for code in (src, tgt)]
            if files[0] == files[1]:
                self.problems.add(
                    f"{where}: '{entry}' needs {{lang}} or {{base}} for the two sides"
                )
                return None
            return files[0], files[1]
        if isinstance(entry, dict) and sorted(entry) == ["source", "target"]:
            return self.path(str(entry["source"]), src), self.path(str(entry["target"]), tgt)
        self.problems.add(
            f"{where}: '{entry}' is neither a pattern with {{lang}} nor {{source: FILE, target: FILE}}"
        )
        return None

    def path(self, pattern: str, code: str) -> Path:
        return self.folder / pattern.replace("{lang}", code).replace("{base}", base(code))

    def add(self, split: str, src: str, tgt: str, sources: List[Source]) -> None:
        """Adds files to a pair's split; training files of both orders of a pair belong together."""
        if not sources:
            return
        part = Part(split, src, tgt, ())
        turned = Part(split, tgt, src, ())
        if split == "train" and part.name not in self.corpora.parts:
            if turned.name in self.corpora.parts:
                part = turned
                sources = [Source(source.files[::-1], source.gaps) for source in sources]
        before = self.corpora.parts.get(part.name, part)
        self.corpora.parts[part.name] = Part(split, part.src, part.tgt, (*before.sources, *sources))

    def add_multiparallel(self, split: str) -> None:
        """Adds the chosen pairs of all multi-parallel corpora."""
        files = [
            self.files_of(corpus, split, n) for n, corpus in enumerate(self.config.multiparallel)
        ]
        for pair in self.chosen(split) if any(files) else ():
            src, tgt = split_direction(pair)
            if f"{split}.{tgt}-{src}" in self.corpora.parts:
                src, tgt = tgt, src  # a bitext's order
            sources = [
                Source((sides[src], sides[tgt]), gaps=True)
                for corpus in files
                for sides in corpus
                if src in sides and tgt in sides
            ]
            self.add(split, src, tgt, sources)

    def files_of(self, corpus: MultiParallel, split: str, number: int) -> List[Dict[str, Path]]:
        """The files of a multi-parallel corpus, by language, one table a pattern."""
        codes = corpus.languages or self.corpora.languages
        tables = []
        for pattern in as_list(getattr(corpus, split)):
            table = {code: self.path(str(pattern), code) for code in codes}
            if len(set(table.values())) < len(table):
                self.problems.add(
                    f"multiparallel[{number}].{split}: '{pattern}' needs {{lang}}, or {{base}} if "
                    "that tells the languages apart"
                )
                continue
            tables.append(table)
            self.corpora.groups.append(
                [Named(path, code, split, True) for code, path in table.items()]
            )
        return tables

    def chosen(self, split: str) -> List[str]:
        """The pairs that `pairs` chooses for a split."""
        choice = getattr(self.config.pairs, split) or self.config.pairs.train
        languages, english = self.corpora.languages, self.config.english
        if choice == "all":
            return [f"{src}-{tgt}" for src, tgt in combinations(languages, 2)]
        if choice == "english-centric":
            if english is None:
                self.problems.add("english-centric pairs need 'english: CODE'")
                return []
            return [f"{english}-{code}" for code in languages if code != english]
        if isinstance(choice, str) and "-" not in choice:
            self.problems.add(
                f"pairs.{split}: {nearest(choice, ('all', 'english-centric'))}, or a list of pairs"
            )
            return []
        return [pair for pair in as_list(choice) if self.is_known(pair, f"pairs.{split}")]

    def is_known(self, pair: str, where: str) -> bool:
        """Whether a pair names two different known languages."""
        try:
            codes = split_direction(str(pair))
            for code in codes:
                Languages(self.corpora.languages).id(code)
            if codes[0] == codes[1]:
                raise UserError(f"'{pair}' is one language twice")
        except UserError as error:
            self.problems.add(f"{where}: {error}")
            return False
        return True


def as_list(value: Any) -> List[Any]:
    """A value that may be missing, single or a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def relative(path: Path) -> str:
    """A path as short as messages need it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
