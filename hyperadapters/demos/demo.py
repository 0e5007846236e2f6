"""What all demos share: their steps, from an empty folder to a table."""

import json
import shlex
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, Self

from ..data.conlang import Family
from ..data.reference_distances import write_table
from ..relatedness.measures import known_distances
from ..reports.tables import format_table
from ..support.files import write_json, write_lines, write_text
from ..support.resumable import steps_of
from ..training.jobs import Job, JobRunner

USER_DIR = Path(__file__).resolve().parent.parent

Command = list[str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Sizes of a run; a demo adds its own.

    Args:
        seed: seed of corpus, training and sampling.

    Attributes:
        QUICK: the sizes that a quick run changes.
    """

    QUICK: ClassVar[Mapping[str, int]]

    seed: int = 1

    @classmethod
    def make(cls, quick: bool, seed: int) -> Self:
        """The plan of a full or a quick run."""
        return cls(seed, **(cls.QUICK if quick else {}))


class Demo(ABC):
    """Systems trained and compared on constructed languages.

    Args:
        out: folder for everything.
        plan: sizes and seed.
        run_command: runs a command of `hyperadapters` in this process, given its words.

    Attributes:
        configuration: file in the folder that describes the text to `hyperadapters prepare`.
        columns: the table's columns beside the system: key in a row -> title and format.
        files: what to look at in the folder: title -> path.
    """

    configuration: ClassVar[str] = "translation.yaml"
    columns: ClassVar[Mapping[str, tuple[str, str]]]
    files: ClassVar[Mapping[str, str]]

    def __init__(self, out: Path, plan: Plan, run_command: Callable[[Command], None]) -> None:
        self.out, self.plan, self.run_command = out, plan, run_command
        self.family = Family(plan.seed)

    @abstractmethod
    def write_corpus(self) -> None:
        """Writes the text and its configuration."""

    @abstractmethod
    def trainings(self) -> list[Job]:
        """The runs of fairseq-train."""

    @abstractmethod
    def evaluations(self) -> dict[str, list[Command]]:
        """The commands of `hyperadapters` that follow, by the names of their steps."""

    @abstractmethod
    def results(self) -> list[Row]:
        """The rows of the table."""

    @abstractmethod
    def notes(self, rows: Sequence[Row]) -> str:
        """What a reader of the table must know."""

    def examples(self) -> list[Command]:
        """Further commands to go on from, which the demo does not run."""
        return []

    def run(self, as_json: bool = False) -> list[Row]:
        """Does what is not done yet and prints the table.

        Args:
            as_json: print the results as JSON instead.
        Returns:
            the rows of `results.json`.
        """
        trainings, evaluations = self.trainings(), self.evaluations()
        commands = [list(job.command) for job in trainings]
        prepare = ["prepare", self.path(self.configuration), "--out", self.path("prepared")]
        further = [product(words) for step in evaluations.values() for words in step]
        lines = [product(prepare), *commands, *further, *self.examples()]
        settings = {"plan": asdict(self.plan), "trainings": commands}
        steps = steps_of(self.out, settings)
        steps.run("corpus of constructed languages", settings, self.write_inputs)
        write_lines(self.out / "commands.sh", map(shlex.join, lines))
        steps.run("preparation", settings, partial(run_silently, self.run_command, [prepare]))
        JobRunner().run(map(beside_python, trainings))
        for name, words in evaluations.items():
            steps.run(name, settings, partial(run_silently, self.run_command, words))
        rows = self.results()
        page = f"{table(rows, self.columns)}\n\n{self.notes(rows)}"
        write_json(self.out / "results.json", rows)
        write_text(self.out / "results.md", page)
        print(json.dumps(rows, indent=2) if as_json else f"\n{page}")
        files = {"commands to go on from": "commands.sh", **self.files}
        places = (f"{title}: {self.path(name)}" for title, name in files.items())
        print("; ".join(places), file=sys.stderr)
        return rows

    def write_inputs(self) -> None:
        """Writes the corpus, and the distances in the family tree as `family.tsv`."""
        codes = self.family.languages
        distances = known_distances(codes, self.family.distance)
        write_table(self.out / "family.tsv", "true family tree (constructed)", codes, distances)
        self.write_corpus()

    def path(self, *parts: str) -> str:
        """The path of what is in the folder."""
        return str(self.out.joinpath(*parts))

    def read(self, *parts: str) -> Row:
        """What a JSON file in the folder holds."""
        return json.loads(self.out.joinpath(*parts).read_text(encoding="utf-8"))

    def checkpoint(self, name: str) -> str:
        """The last checkpoint of a training."""
        return self.path(name, "checkpoint_last.pt")

    def log(self, name: str) -> Path:
        """The log of a training."""
        return self.out / "logs" / f"{name}.log"

    def training(self, name: str, command: Command, *after: str) -> Job:
        """A training that saves to the folder `name`."""
        return Job(name, command, self.log(name), after, self.out / name / "finished")


def run_silently(run_command: Callable[[Command], None], commands: Sequence[Command]) -> None:
    """Runs commands of `hyperadapters` without what they print but for progress and remarks.

    Args:
        run_command: runs one in this process, given its words.
        commands: their words.
    """
    for words in commands:
        with redirect_stdout(StringIO()):
            run_command(words)


def product(words: Command) -> Command:
    """A command of `hyperadapters` as a whole command line."""
    return ["hyperadapters", *words]


def beside_python(job: Job) -> Job:
    """The job with the program that is installed beside this Python, whatever the PATH."""
    program, *words = job.command
    beside = Path(sys.executable).parent / program
    return replace(job, command=[str(beside), *words]) if beside.exists() else job


def table(rows: Sequence[Row], columns: Mapping[str, tuple[str, str]]) -> str:
    """A Markdown table.

    Args:
        rows: the results, each with its `system`; None is shown as "-".
        columns: the other columns: key in a row -> title and format.
    """
    cells = [
        [row["system"]]
        + [
            "-" if row[key] is None else format(row[key], form)
            for key, (_, form) in columns.items()
        ]
        for row in rows
    ]
    headers = ["system", *(title for title, _ in columns.values())]
    return format_table(cells, headers)
