"""Reading what `hyperadapters evaluate` wrote."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence

from ..errors import Problems, UserError
from ..files import read_lines
from ..languages import split_direction

FILE = "evaluation.json"
KINDS = {
    "into_english": "into {english}",
    "out_of_english": "out of {english}",
    "other_supervised": "other trained directions",
    "zero_shot": "zero-shot",
}
METRICS = {"bleu": "BLEU", "chrf": "chrF"}
SYSTEM = ("name", "adapter_parameters", "total_parameters", "updates", "words_per_second")


@dataclass(frozen=True)
class Evaluation:
    """One evaluated checkpoint.

    Args:
        folder: where it lies, with `hypotheses/SRC-TGT.txt` and `references/SRC-TGT.txt`.
        name: the system's name.
        record: the content of its evaluation.json.
    """

    folder: Path
    name: str
    record: Dict[str, Any]

    @property
    def system(self) -> Dict[str, Any]:
        """What is known of the system: parameters, updates, words per second."""
        return self.record["system"]

    @property
    def updates(self) -> int:
        """Training updates that the checkpoint has behind it."""
        return int(self.system["updates"] or 0)

    @property
    def directions(self) -> Dict[str, Dict[str, Any]]:
        """Direction -> its scores, signatures, number of sentences and kind."""
        return self.record["directions"]

    def lines(self, part: str, direction: str) -> List[str]:
        """The sentences of a direction.

        Args:
            part: "hypotheses" or "references".
            direction: a direction of the evaluation.
        Raises:
            UserError: if the file is missing or has not as many lines as the evaluation says.
        """
        file = self.folder / part / f"{direction}.txt"
        if not file.is_file():
            raise UserError(f"evaluation {self.folder}: {part} of {direction} are missing ({file})")
        lines = read_lines(file)
        wanted = self.directions[direction]["sentences"]
        if len(lines) != wanted:
            raise UserError(
                f"evaluation {self.folder}: {file} has {len(lines)} lines, {FILE} says {wanted} "
                "sentences: evaluate again"
            )
        return lines


def find(named: Sequence[str]) -> List[Evaluation]:
    """Reads the evaluations that a user names.

    Args:
        named: folders that hold evaluations at any depth; NAME=FOLDER renames the system.
    Raises:
        UserError: naming every folder without an evaluation and every unreadable one, or two
            evaluations of one system after the same number of updates.
    """
    problems, found = Problems(), []
    for text in named:
        name, _, folder = text.rpartition("=") if not Path(text).exists() else ("", "", text)
        files = sorted(Path(folder).rglob(FILE)) if Path(folder).is_dir() else []
        if not files:
            problems.add(f"{folder}: no {FILE} there; give folders of `hyperadapters evaluate`")
        for file in files:
            try:
                found.append(read(file, name))
            except UserError as error:
                problems.add(str(error))
    problems.raise_if_any()
    known: Dict[Any, Evaluation] = {}
    for evaluation in found:
        same = known.setdefault((evaluation.name, evaluation.updates), evaluation)
        if same is not evaluation and not same.folder.samefile(evaluation.folder):
            raise UserError(
                f"{same.folder} and {evaluation.folder} are both '{evaluation.name}' after "
                f"{evaluation.updates} updates: rename one, e.g. other={evaluation.folder}"
            )
    return list(known.values())


def read(file: Path, name: str = "") -> Evaluation:
    """Reads one evaluation.json.

    Args:
        file: the file.
        name: another name for the system.
    Raises:
        UserError: if it is no evaluation, naming what is missing.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file} is no JSON file ({error}): evaluate again") from error
    problems = Problems()
    for part, names in (
        (record, ("system", "directions", "training_sentences")),
        (record.get("system") or {}, SYSTEM),
    ):
        for key in names:
            if part.get(key) is None and key not in ("updates", "words_per_second"):
                problems.add(f"{file}: '{key}' is missing")
    problems.raise_if_any()
    for direction, scores in record["directions"].items():
        split_direction(direction)
        for key in (*METRICS, "signature", "sentences", "group"):
            if key not in scores:
                problems.add(f"{file}: '{key}' of {direction} is missing")
        if scores.get("group") not in KINDS:
            problems.add(
                f"{file}: group '{scores.get('group')}' of {direction} is none of {', '.join(KINDS)}"
            )
    problems.raise_if_any()
    return Evaluation(file.parent, name or str(record["system"]["name"]), record)
