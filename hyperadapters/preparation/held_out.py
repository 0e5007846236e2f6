"""The held-out sentences of all languages, which no training pair may contain (the ML50 rule)."""

from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..support.errors import Problems
from ..support.resumable import digest
from . import scripts
from .context import VERSION, Context
from .hashes import HeldOut, hashes, write_hashes
from .text import aligned_chunks, clean_lines
from .validate_files import stamp

STRAY = 0.5  # share of held-out sentences outside of a language's scripts that must be a mistake


Letters = dict[str, dict[str, int]]


def collect(context: Context) -> tuple[HeldOut, Letters]:
    """Writes the hashes of all sentences of valid and test files.

    Returns:
        the sentences, and their letters of each script by language.
    """
    files = context.corpora.held_out()
    inputs = [VERSION, [[str(path), code, stamp(path)] for path, code in files.items()]]
    path = context.work / "held_out.u64"

    def action() -> dict[str, Any]:
        distinct = np.zeros(0, dtype=np.uint64)
        letters: Letters = {}
        tasks = ((code, file) for file, code in files.items())
        results = context.workers.map(look_into, tasks)
        for code, (file_hashes, file_letters) in tqdm(
            results, total=len(files), desc="held-out files"
        ):
            distinct = np.union1d(distinct, file_hashes)
            table = letters.setdefault(code or "", {})
            for script, number in file_letters.items():
                table[script] = table.get(script, 0) + number
        write_hashes(path, distinct)
        return {"sentences": len(distinct), "digest": digest(distinct.tolist()), "letters": letters}

    result = context.steps.run("held-out sentences", inputs, action, [path])
    return HeldOut(path, result["digest"], result["sentences"]), result["letters"]


def look_into(path: Path) -> tuple[np.ndarray, dict[str, int]]:
    """The distinct hashes of a file's sentences, and its letters of each script."""
    distinct = np.zeros(0, dtype=np.uint64)
    letters: dict[str, int] = {}
    for (block,) in aligned_chunks([path]):
        lines = [line for line in clean_lines(block) if line]
        distinct = np.union1d(distinct, hashes(lines))
        for script, number in scripts.measure(lines).items():
            letters[script] = letters.get(script, 0) + number
    return distinct, letters


def expected_scripts(context: Context, letters: Letters) -> dict[str, tuple[str, ...]]:
    """The scripts of each language: as configured, or known, or measured on held-out text.

    Raises:
        UserError: naming every language whose held-out text is not in its scripts, or a script
            that Unicode does not know.
    """
    problems = Problems()
    configured = context.config.filters.scripts
    expected: dict[str, tuple[str, ...]] = {}
    for code in context.corpora.languages:
        measured = tuple(scripts.main_scripts(letters.get(code, {})))
        if code in configured:
            expected[code] = tuple(
                as_names(configured[code], measured, f"filters.scripts.{code}", problems)
            )
        else:
            expected[code] = scripts.usual(code) or measured
        stray = stray_share(letters.get(code, {}), expected[code])
        if context.config.filters.script_share and stray > STRAY:
            problems.add(
                f"{code} is expected in {', '.join(expected[code])}, but {stray:.0%} of the letters of "
                f"its valid and test sets are not (most are {', '.join(measured) or 'unknown'}): mend "
                f"the files or set filters.scripts.{code}"
            )
    problems.raise_if_any()
    return expected


def as_names(value: Any, measured: tuple[str, ...], where: str, problems: Problems) -> list[str]:
    """The scripts that a configuration gives for a language: a list, one name, any or measured."""
    if value == "any":
        return []
    if value == "measured":
        return list(measured)
    entries = value if isinstance(value, list) else [value]
    names = [scripts.script_name(str(name)) for name in entries]
    for name, script in zip(entries, names):
        if not script:
            problems.add(f"{where}: Unicode knows no script '{name}'; or write any or measured")
    return names


def stray_share(letters: dict[str, int], expected: tuple[str, ...]) -> float:
    """The share of letters outside of the expected scripts; 0 if any script will do."""
    total = sum(letters.values())
    if not total or not expected:
        return 0.0
    return 1 - sum(letters.get(script, 0) for script in expected) / total
