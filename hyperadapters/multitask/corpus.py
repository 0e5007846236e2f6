"""The YAML file that says which files hold which task in which language."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ..support.errors import Problems, UserError, did_you_mean, format_list
from ..support.languages import Languages
from .all_tasks import TASKS
from .cells import Cell
from .readers import FileSlice

FILE = "corpus.yaml"
SPLITS = ("train", "valid", "test")
OTHER_NAMES = {"train": "trn", "valid": "dev", "test": "tst"}
KEYS = ("sentencepiece", "dictionary", "languages", "tasks")
SLICE = re.compile(r"^(.*)\[(\d*):(\d*)\]$")
Files = dict[str, FileSlice]  # by split


@dataclass(frozen=True)
class Corpus:
    """What a YAML file names.

    Args:
        file: the YAML file.
        tokenizer: the sentencepiece model; None if it is to come from a pretrained model.
        dictionary: the dictionary in fairseq's format; None likewise.
        languages: all languages that occur.
        files: the files of every cell, by its name and by split.
    """

    file: Path
    tokenizer: Path | None
    dictionary: Path | None
    languages: Languages
    files: dict[str, Files]

    def file_slice(self, cell: Cell, split: str) -> FileSlice:
        """Finds the sentences of a cell.

        Raises:
            UserError: if the file names none, with the cells that have them.
        """
        files = self.files.get(cell.name, {})
        if split not in files:
            raise UserError(
                f"{self.file} names no {split} file of {cell.name}: it has those of "
                f"{format_list(self.cells(split))}"
            )
        return files[split]

    def with_tokenizer(self, tokenizer: Path | None) -> "Corpus":
        """The corpus with a tokenizer, whose pieces are the dictionary, unless it has one.

        Args:
            tokenizer: that of a pretrained model or a checkpoint, if there is one.
        Raises:
            UserError: if there is none.
        """
        if self.tokenizer:
            return self
        if tokenizer is None:
            raise UserError(
                f"{self.file}: 'sentencepiece' and 'dictionary' are missing: name those of the model "
                "(they may be left out if training starts from a Hugging Face folder)"
            )
        return replace(self, tokenizer=tokenizer, dictionary=tokenizer)

    def cells(self, split: str) -> list[str]:
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
    return CorpusParser(file, content).corpus()


class CorpusParser:
    """Turns the content of the YAML file into a `Corpus`, collecting everything that is wrong.

    Args:
        file: the YAML file.
        content: what it says.
    """

    def __init__(self, file: Path, content: dict[str, Any]) -> None:
        self.file, self.content, self.problems = file, content, Problems()

    def corpus(self) -> Corpus:
        """Makes the corpus.

        Raises:
            UserError: naming everything that is wrong.
        """
        for key in self.content:
            if key not in KEYS:
                self.add_problem(f"unknown key '{key}': {did_you_mean(str(key), KEYS)}")
        keys = ("sentencepiece", "dictionary")
        absent = not any(key in self.content for key in keys)
        models = dict.fromkeys(keys) if absent else {key: self.model_path(key) for key in keys}
        files: dict[str, Files] = {}
        codes: set[str] = set()
        tasks = self.content.get("tasks")
        if not isinstance(tasks, dict) or not tasks:
            self.add_problem("'tasks' must map tasks to their files")
            tasks = {}
        for task, entry in tasks.items():
            if task not in TASKS.names():
                self.add_problem(f"unknown task '{task}': {did_you_mean(str(task), TASKS.names())}")
                continue
            for language, patterns in self.patterns(task, entry):
                cell = Cell(task, language)
                try:
                    codes.update(cell.direction)
                except UserError as error:
                    self.add_problem(f"{task}: {error}")
                    continue
                files[cell.name] = self.files_by_split(cell, patterns)
        languages = self.languages(self.content.get("languages") or sorted(codes), codes)
        self.problems.raise_if_any()
        return Corpus(self.file, *models.values(), languages, files)

    def add_problem(self, message: str) -> None:
        self.problems.add(f"{self.file}: {message}")

    def languages(self, codes_in_order: Any, codes: set[str]) -> Languages | None:
        """Makes the table of languages; None if it is unusable.

        Args:
            codes_in_order: their codes in the order of their ids.
            codes: the codes of the cells.
        """
        if not isinstance(codes_in_order, list):
            self.add_problem(f"'languages' is '{codes_in_order}': write a list, e.g. [en, de]")
            return None
        for code in sorted(codes):
            if code not in codes_in_order:
                self.add_problem(f"language '{code}' of 'tasks' is not among 'languages'")
        try:
            # without any, more is wrong
            return Languages(codes_in_order) if codes_in_order else None
        except UserError as error:
            self.add_problem(f"languages: {error}")
            return None

    def model_path(self, key: str) -> Path:
        """The path of a key that names a file."""
        path = self.file.parent / str(self.content.get(key))
        if key not in self.content:
            self.add_problem(f"'{key}' is missing")
        elif not path.is_file():
            self.add_problem(f"{key}: there is no file {path}")
        return path

    def patterns(self, task: str, entry: Any) -> list[tuple[Any, Any]]:
        """The languages of a task, each with the patterns of its files."""
        if isinstance(entry, dict) and entry and "files" not in entry:
            return list(entry.items())
        languages = entry.get("languages") if isinstance(entry, dict) else None
        is_usable = isinstance(languages, (list, dict)) and set(entry) == {"files", "languages"}
        if not is_usable or not languages:
            self.add_problem(
                f"{task}: map languages to files, or give 'files: PATTERN' and 'languages: [...]'"
            )
            return []
        pattern = str(entry["files"])
        if isinstance(languages, dict):
            return [
                (code, pattern.replace("{name}", str(name))) for code, name in languages.items()
            ]
        return [(code, pattern) for code in languages]

    def files_by_split(self, cell: Cell, patterns: Any) -> Files:
        """The files of a cell: of one pattern those that exist, of a pattern for each split all."""
        optional = not isinstance(patterns, dict)
        if optional:
            patterns = {split: str(patterns) for split in SPLITS}
        self.check_splits(cell, patterns)
        files: Files = {}
        for split in SPLITS:
            if split in patterns:
                file = self.file_slice(cell, split, str(patterns[split]))
                missing = [path for path in file.paths if not path.is_file()]
                if not missing:
                    files[split] = file
                elif not optional:
                    path = missing[0]
                    self.add_problem(f"{cell.name}: there is no file {path}{slice_hint(path)}")
        if not files and not self.problems.messages:
            path = file.paths[0]
            self.add_problem(
                f"{cell.name}: there is no file {path}{slice_hint(path)}, nor of another split"
            )
        return files

    def check_splits(self, cell: Cell, patterns: dict[Any, Any]) -> None:
        """Adds a problem for every unknown split, and if there is none at all."""
        for split in patterns:
            if split not in SPLITS:
                hint = did_you_mean(str(split), SPLITS)
                self.add_problem(f"{cell.name}: unknown split '{split}': {hint}")
        if not patterns:
            self.add_problem(f"{cell.name}: name its files of {format_list(SPLITS)}")

    def file_slice(self, cell: Cell, split: str, pattern: str) -> FileSlice:
        """The sentences that a pattern names."""
        start, stop = "", ""
        paths = self.paths(cell, split, pattern)
        limits = SLICE.match(pattern)
        if limits and not all(path.is_file() for path in paths):
            pattern, start, stop = limits.groups()
            paths = self.paths(cell, split, pattern)
        if len(set(paths)) < len(set(cell.direction)):
            self.add_problem(f"{cell.name}: '{pattern}' needs {{lang}} to tell source from target")
        return FileSlice(paths, int(start or 0), int(stop) if stop else None)

    def paths(self, cell: Cell, split: str, pattern: str) -> tuple[Path, ...]:
        """The file of each language of a cell."""
        codes = dict.fromkeys(cell.direction)
        return tuple(self.path(pattern.replace("{lang}", code), split) for code in codes)

    def path(self, name: str, split: str) -> Path:
        """The file of a split, under the split's other name if only that is there."""
        path, other = (
            self.file.parent / name.replace("{split}", word) for word in (split, OTHER_NAMES[split])
        )
        return other if not path.is_file() and other.is_file() else path


def slice_hint(path: Path) -> str:
    """What a path that looks like a malformed slice needs."""
    return " (write a slice as [A:B], e.g. [:300])" if path.name.endswith("]") else ""
