"""The YAML file that says which files hold which task in which language."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ..errors import Problems, UserError, listed, nearest
from ..languages import Languages
from .cells import Cell

FILE = "corpus.yaml"
SPLITS = ("train", "valid", "test")
KEYS = ("sentencepiece", "dictionary", "languages", "tasks")
SLICE = re.compile(r"^(.*)\[(\d*):(\d*)\]$")
Files = Dict[str, "Part"]  # by split


@dataclass(frozen=True)
class Part:
    """Sentences of a file.

    Args:
        paths: the file; of translation, that of the source and that of the target.
        start, stop: the sentences taken, counted from 0; None for no limit.
    """

    paths: Tuple[Path, ...]
    start: int = 0
    stop: Optional[int] = None

    def __str__(self) -> str:
        return " and ".join(map(str, self.paths))


@dataclass(frozen=True)
class Corpus:
    """What a YAML file names.

    Args:
        file: the YAML file.
        sentencepiece: the sentencepiece model; None if it is to come from a pretrained model.
        dictionary: the dictionary in fairseq's format; None likewise.
        languages: all languages that occur.
        files: the files of every cell, by its name and by split.
    """

    file: Path
    sentencepiece: Path | None
    dictionary: Path | None
    languages: Languages
    files: Dict[str, Files]

    def part(self, cell: Cell, split: str) -> Part:
        """The sentences of a cell.

        Raises:
            UserError: if the file names none, with the cells that have them.
        """
        found = self.files.get(cell.name, {}).get(split)
        if found is None:
            known = self.cells(split)
            raise UserError(
                f"{self.file} names no {split} file of {cell.name}: it has those of {listed(known)}"
            )
        return found

    def with_pieces(self, sentencepiece: Path | None) -> "Corpus":
        """The corpus with a sentencepiece model, whose pieces are the dictionary, unless it has one.

        Args:
            sentencepiece: that of a pretrained model or a checkpoint, if there is one.
        Raises:
            UserError: if there is none.
        """
        if self.sentencepiece:
            return self
        if sentencepiece is None:
            raise UserError(
                f"{self.file}: 'sentencepiece' and 'dictionary' are missing: name those of the model "
                "(they may be left out if training starts from a Hugging Face folder)"
            )
        return replace(self, sentencepiece=sentencepiece, dictionary=sentencepiece)

    def cells(self, split: str) -> List[str]:
        """The names of all cells that have sentences of a split."""
        return [name for name, files in self.files.items() if split in files]


def read_corpus(folder: str) -> Corpus:
    """Reads the file `corpus.yaml`.

        sentencepiece: sentencepiece.model
        dictionary: dict.txt
        tasks:
          pos: {en: "en.{split}.conllu", de: {train: a.conllu, test: "b.conllu.gz[:500]"}}
          ner: {files: "ner.{lang}.{split}.txt.gz", languages: [en, de]}
          mlm: {files: "{name}.{split}.txt", languages: {en: english, de: german}}
          translation: {en-de: "{split}.en-de.{lang}"}

    `{split}` stands for train, valid or test; where there is no such file, for trn, dev or tst.
    `[A:B]` after a file takes the sentences from A up to B, unless the name of a file ends so.

    Args:
        folder: the folder of the file `corpus.yaml`; paths in it start there.
    Raises:
        UserError: naming everything that is wrong with it, missing files included.
    """
    file = Path(folder) / FILE
    try:
        content = OmegaConf.to_container(OmegaConf.load(file), resolve=True)
    except FileNotFoundError:
        raise UserError(f"there is no file '{file}': give the folder that holds {FILE}") from None
    except (OmegaConfBaseException, OSError, ValueError) as error:
        raise UserError(f"{file}: {str(error).splitlines()[0]}") from error
    except Exception as error:  # the YAML reader's own errors have no common class of ours
        raise UserError(f"{file} is no YAML file: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{file}: write 'sentencepiece', 'dictionary' and 'tasks'")
    return Reading(file, content).corpus()


def slice_hint(path: Path) -> str:
    """What a path that looks like a malformed slice needs."""
    return " (write a slice as [A:B], e.g. [:300])" if path.name.endswith("]") else ""


class Reading:
    """Turns the content of the YAML file into a `Corpus`, collecting what is wrong.

    Args:
        file: the YAML file.
        content: what it says.
    """

    def __init__(self, file: Path, content: Dict[str, Any]) -> None:
        self.file, self.content, self.problems = file, content, Problems()

    def corpus(self) -> Corpus:
        """The corpus.

        Raises:
            UserError: naming everything that is wrong.
        """
        from .known import TASKS  # which read the parts that this file describes

        for key in self.content:
            if key not in KEYS:
                self.wrong(f"unknown key '{key}': {nearest(str(key), KEYS)}")
        keys = ("sentencepiece", "dictionary")
        absent = not any(key in self.content for key in keys)
        models = dict.fromkeys(keys) if absent else {key: self.model(key) for key in keys}
        files: Dict[str, Files] = {}
        occurring: Set[str] = set()
        tasks = self.content.get("tasks")
        if not isinstance(tasks, dict) or not tasks:
            self.wrong("'tasks' must map tasks to their files")
            tasks = {}
        for task, entry in tasks.items():
            if task not in TASKS.names():
                self.wrong(f"unknown task '{task}': {nearest(str(task), TASKS.names())}")
                continue
            for language, value in self.languages_of(task, entry):
                cell = Cell(task, language)
                try:
                    occurring.update(cell.direction)
                except UserError as error:
                    self.wrong(f"{task}: {error}")
                    continue
                files[cell.name] = self.files_of(cell, value)
        given = self.content.get("languages") or sorted(occurring)
        languages = self.languages(given, occurring)
        self.problems.raise_if_any()
        return Corpus(self.file, *models.values(), languages, files)

    def languages(self, given: Any, occurring: Set[str]) -> Optional[Languages]:
        """The table of languages, or None if it is unusable.

        Args:
            given: their codes in the order of their ids.
            occurring: the codes of the cells.
        """
        if not isinstance(given, list):
            self.wrong(f"'languages' is '{given}': write a list, e.g. [en, de]")
            return None
        for code in sorted(occurring):
            if code not in given:
                self.wrong(f"language '{code}' of 'tasks' is not among 'languages'")
        try:
            return Languages(given) if given else None  # without any, more is wrong
        except UserError as error:
            self.wrong(f"languages: {error}")
            return None

    def wrong(self, message: str) -> None:
        self.problems.add(f"{self.file}: {message}")

    def model(self, key: str) -> Path:
        """The path of a key that names a file."""
        path = self.file.parent / str(self.content.get(key))
        if key not in self.content:
            self.wrong(f"'{key}' is missing")
        elif not path.is_file():
            self.wrong(f"{key}: there is no file {path}")
        return path

    def languages_of(self, task: str, entry: Any) -> List[Tuple[Any, Any]]:
        """The languages of a task, each with what is said of its files."""
        if isinstance(entry, dict) and entry and "files" not in entry:
            return list(entry.items())
        languages = entry.get("languages") if isinstance(entry, dict) else None
        known = isinstance(languages, (list, dict)) and set(entry) == {"files", "languages"}
        if not known or not languages:
            self.wrong(
                f"{task}: map languages to files, or give 'files: PATTERN' and 'languages: [...]'"
            )
            return []
        pattern = str(entry["files"])
        if isinstance(languages, dict):
            return [
                (code, pattern.replace("{name}", str(name))) for code, name in languages.items()
            ]
        return [(code, pattern) for code in languages]

    def files_of(self, cell: Cell, value: Any) -> Files:
        """The files of a cell by split."""
        if not isinstance(value, dict):
            value = {split: str(value) for split in SPLITS}
            optional = True
        else:
            optional = False
            for split in value:
                if split not in SPLITS:
                    hint = nearest(str(split), SPLITS)
                    self.wrong(f"{cell.name}: unknown split '{split}': {hint}")
            if not value:
                self.wrong(f"{cell.name}: name its files of {listed(SPLITS)}")
        found: Files = {}
        for split in SPLITS:
            if split in value:
                part = self.part(cell, split, str(value[split]))
                missing = [path for path in part.paths if not path.is_file()]
                if not missing:
                    found[split] = part
                elif not optional:
                    self.wrong(
                        f"{cell.name}: there is no file {missing[0]}{slice_hint(missing[0])}"
                    )
        if not found and not self.problems.found:
            path = part.paths[0]
            self.wrong(
                f"{cell.name}: there is no file {path}{slice_hint(path)}, nor of another split"
            )
        return found

    def part(self, cell: Cell, split: str, pattern: str) -> Part:
        """The sentences that a pattern names."""
        start, stop = "", ""
        paths = self.paths(cell, split, pattern)
        sliced = SLICE.match(pattern)
        if sliced and not all(path.is_file() for path in paths):
            pattern, start, stop = sliced.groups()
            paths = self.paths(cell, split, pattern)
        if len(set(paths)) < len(set(cell.direction)):
            self.wrong(f"{cell.name}: '{pattern}' needs {{lang}} to tell source from target")
        return Part(paths, int(start or 0), int(stop) if stop else None)

    def paths(self, cell: Cell, split: str, pattern: str) -> Tuple[Path, ...]:
        """The file of each language of a cell."""
        codes = dict.fromkeys(cell.direction)
        return tuple(self.existing(pattern.replace("{lang}", code), split) for code in codes)

    def existing(self, name: str, split: str) -> Path:
        """The file of a split, under the split's other name if only that is there."""
        other = {"train": "trn", "valid": "dev", "test": "tst"}[split]
        paths = [self.file.parent / name.replace("{split}", word) for word in (split, other)]
        return paths[1] if not paths[0].is_file() and paths[1].is_file() else paths[0]
