"""Looking through every file before any work starts: is it there, text, and aligned?"""

import codecs
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..support.errors import UserError
from ..support.resumable import StepLog
from ..support.text import clean, open_binary
from ..support.workers import Workers
from .corpora import Corpora, relative
from .normalization import is_empty

BLOCK = 1 << 20
LONE_RETURN = re.compile(rb"\r[^\n]")
PRINTABLE = re.compile(rb"[0-9A-Za-z]")  # in nearly every line, and looked for quickly
GZIP = b"\x1f\x8b"  # how every such file begins, and no UTF-8 text
NAMED_LINES = 3
MOST_PROBLEMS = 12  # in one error
VERSION = 2  # of the facts: another one looks through all files anew
Facts = dict[str, Any]
MISSING: Facts = {"lines": None, "empty": None, "first_empty": [], "error": "there is no such file"}


def stamp(path: Path) -> list[int]:
    """Size and time of the last change: what tells that a file is the same as before."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def scan_file(task: tuple[Path, str]) -> Facts:
    """Counts the lines of a file and checks that it is UTF-8.

    Args:
        task: the file, and the normalization after which a line is judged empty.
    Returns:
        `lines`, `empty` (how many hold nothing), `first_empty` (numbers of the
        first of them) and, for a file that cannot be used, `error`.
    """
    path, normalization = task
    facts: Facts = {"lines": 0, "empty": 0, "first_empty": []}
    returns = False
    if path.suffix != ".gz":
        with open(path, "rb") as file:
            if file.read(len(GZIP)) == GZIP:
                return {**facts, "error": "is compressed with gzip: let its name end in .gz"}
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = b""
    try:
        with open_binary(path) as file:
            while True:
                block = file.read(BLOCK)
                try:
                    decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    data = rest + block
                    # the decoder keeps an unfinished character, which also ends `rest`
                    bad = len(data) - len(error.object) + error.start
                    line = facts["lines"] + data[:bad].count(b"\n") + 1
                    return {**facts, "error": f"line {line} is not UTF-8: convert the file"}
                returns = returns or bool(LONE_RETURN.search(block))
                lines = (rest + block).split(b"\n")
                rest = lines.pop()
                count_lines(lines if block or not rest else [*lines, rest], facts, normalization)
                if not block:
                    break
    except (OSError, EOFError, zlib.error) as error:
        return {**facts, "error": f"cannot be read ({error}): get it again"}
    if facts["lines"] == 1 and returns:
        facts["error"] = "ends its lines with carriage returns (old Mac): convert the file"
    elif facts["lines"] == facts["empty"]:
        facts["error"] = "is empty" if not facts["lines"] else "holds nothing but empty lines"
    return facts


def count_lines(lines: list[bytes], facts: Facts, normalization: str) -> None:
    """Adds lines to the facts of a file."""
    for number, line in enumerate(lines, facts["lines"] + 1):
        if not PRINTABLE.search(line) and is_empty(clean(line.decode("utf-8")), normalization):
            facts["empty"] += 1
            if len(facts["first_empty"]) < NAMED_LINES:
                facts["first_empty"].append(number)
    facts["lines"] += len(lines)


def validate_files(
    corpora: Corpora, steps: StepLog, workers: Workers, empty_lines: str, normalization: str
) -> dict[Path, Facts]:
    """Looks through all files; see `inspect`.

    Returns:
        what was found, by file.
    Raises:
        UserError: naming the missing, empty, unreadable and misaligned files, with line numbers.
    """
    facts, problems = inspect(corpora, steps, workers, empty_lines, normalization)
    if len(problems) > MOST_PROBLEMS:
        more = f"... ({len(problems)} problems in all: add --check for all of them)"
        problems = [*problems[:MOST_PROBLEMS], more]
    if problems:
        raise UserError("; ".join(problems))
    return facts


def inspect(
    corpora: Corpora, steps: StepLog, workers: Workers, empty_lines: str, normalization: str
) -> tuple[dict[Path, Facts], list[str]]:
    """Looks through all files that have changed since they were looked through.

    Args:
        corpora: names the files.
        steps: remembers what was found, by size and time of change.
        workers: do it.
        empty_lines: `error` if an empty line of a bitext is one.
        normalization: sentencepiece's, after which an empty line is judged.
    Returns:
        what was found, by file; and every problem.
    """
    paths = corpora.files()
    present = [path for path in paths if path.is_file()]
    facts_by_path = {
        **dict.fromkeys(paths, MISSING),
        **facts_of(present, steps, workers, normalization),
    }
    problems = [
        f"there is no file {relative(path)}{compressed_counterpart(path)}"
        if facts is MISSING
        else f"{relative(path)} {facts['error']}"
        for path, facts in facts_by_path.items()
        if "error" in facts
    ]
    problems += misaligned(corpora, facts_by_path)
    if empty_lines == "error":
        problems += empty_in_bitext(corpora, facts_by_path)
    return facts_by_path, problems


def facts_of(
    paths: list[Path], steps: StepLog, workers: Workers, normalization: str
) -> dict[Path, Facts]:
    """The facts of files, from before or looked up now."""
    stamps = {path: [VERSION, normalization, *stamp(path)] for path in paths}
    names = {path: f"file {path}" for path in paths}
    todo = [path for path in paths if not steps.is_done(names[path], stamps[path])]
    if todo:
        sizes = {path: path.stat().st_size for path in todo}
        with tqdm(
            total=sum(sizes.values()), desc="checking files", unit="B", unit_scale=True
        ) as bar:
            for path, facts in workers.map(
                scan_file, ((path, (path, normalization)) for path in todo)
            ):
                steps.finish(names[path], stamps[path], facts)
                bar.update(sizes[path])
        steps.save()
    return {path: steps.result(names[path]) for path in paths}


def misaligned(corpora: Corpora, facts: dict[Path, Facts]) -> Iterable[str]:
    """A message for each group of files with different numbers of lines."""
    for group in corpora.groups:
        files = [entry.path for entry in group if "error" not in facts[entry.path]]
        lines = {path: facts[path]["lines"] for path in files}
        if len(set(lines.values())) > 1 and not group[0].ragged:
            usual, odd = split_by_majority(lines)
            yield (
                f"{relative(usual)} has {lines[usual]} lines, but "
                + ", ".join(f"{relative(path)} has {lines[path]}" for path in odd[:NAMED_LINES])
                + (" ..." if len(odd) > NAMED_LINES else "")
                + f": line {min(lines.values()) + 1} is the first without a counterpart, align them"
            )


def split_by_majority(lines: dict[Path, int]) -> tuple[Path, list[Path]]:
    """A file with the most frequent number of lines, and those with another."""
    numbers = list(lines.values())
    usual = max(numbers, key=numbers.count)
    example = next(path for path, number in lines.items() if number == usual)
    return example, [path for path, number in lines.items() if number != usual]


def empty_in_bitext(corpora: Corpora, facts_by_path: dict[Path, Facts]) -> Iterable[str]:
    """A message for each file of a bitext with empty lines."""
    for group in corpora.groups:
        for entry in group:
            facts = facts_by_path[entry.path]
            if not entry.gaps and facts.get("empty") and "error" not in facts:
                first = ", ".join(map(str, facts["first_empty"]))
                yield (
                    f"{relative(entry.path)} has {facts['empty']} empty lines (first: {first}): "
                    "mend it, or set filters.empty_lines: drop"
                )


def compressed_counterpart(path: Path) -> str:
    """A hint if a missing file is there with, or without, compression."""
    other = path.with_suffix("") if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    return f" (there is {relative(other)})" if other.is_file() else ""
