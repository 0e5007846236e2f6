"""Known distances between languages, from a table or from the genealogy that comes with the package."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..support.errors import UserError, format_list
from ..support.files import write_lines
from ..support.language_facts import facts_of, language_of
from ..support.text import read_lines

GENEALOGY, GLOTTOLOG = "genealogy", "glottolog"
GENEALOGY_FILE = Path(__file__).parent / "genealogy.tsv"
BRANCH = 3  # nodes of Glottolog's tree that name a group, e.g. Germanic
LEVELS = ("family", "branch", "subbranch", "group")

Row = tuple[int, list[str]]
Distances = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Reference:
    """Distances between languages that others have found.

    Args:
        title: what they are.
        distances: [languages, languages], symmetric, 0 on the diagonal.
        groups: the group of related languages that each one belongs to, for colours.
        note: what a reader must know about them.
    """

    title: str
    codes: tuple[str, ...]
    distances: np.ndarray
    groups: dict[str, str]
    note: str = ""

    def among(self, codes: Sequence[str]) -> np.ndarray:
        """The distances of some of the languages [N, N]."""
        rows = [self.codes.index(code) for code in codes]
        return self.distances[np.ix_(rows, rows)]


def read_reference(name: str, codes: Sequence[str]) -> Reference:
    """The reference that a user names.

    Args:
        name: a table of distances, "genealogy" or "glottolog".
        codes: the languages whose distances are wanted.
    Raises:
        UserError: if a language is missing or the table cannot be read.
    """
    if name == GENEALOGY:
        return from_genealogy(codes)
    if name == GLOTTOLOG:
        return from_glottolog(codes)
    return from_table(Path(name), codes)


def from_genealogy(codes: Sequence[str]) -> Reference:
    """Distances by family, branch, sub-branch and group: 1 within a group, one more for each of the
    four levels that two languages do not share.

    Codes are looked up by their language (`de` of `de_DE` and `deu_Latn`).

    Raises:
        UserError: naming every language that the table lacks.
    """
    lines = GENEALOGY_FILE.read_text(encoding="utf-8").splitlines()[1:]
    table = {line.split("\t")[0]: line.split("\t")[1:] for line in lines}
    missing = [code for code in codes if language_of(code) not in table]
    if missing:
        raise UserError(
            f"--distances genealogy knows nothing of {format_list(missing)}: leave them out with "
            "--languages, or give a table of distances"
        )
    lines_of = {code: table[language_of(code)] for code in codes}

    def distance(a: str, b: str) -> float:
        shared = sum(x == y for x, y in zip(lines_of[a], lines_of[b]))
        return 0.0 if a == b else 1.0 + len(LEVELS) - shared

    matrix = np.array([[distance(a, b) for b in codes] for a in codes])
    note = (
        "The genealogy that comes with the package is coarse: family, branch, sub-branch and group, "
        "without depths in time, borrowing or typology."
    )
    groups = {code: lines_of[code][LEVELS.index("subbranch")] for code in codes}
    return Reference("genealogy (coarse)", tuple(codes), matrix, groups, note)


def from_glottolog(codes: Sequence[str]) -> Reference:
    """Distances in Glottolog's tree: the share of two languages' ancestors that they do not have in
    common, 1 between families.

    Raises:
        UserError: naming every language that the table lacks.
    """
    facts = {code: facts_of(code) for code in codes}
    missing = [code for code in codes if facts[code] is None]
    if missing:
        raise UserError(
            f"--distances glottolog knows nothing of {format_list(missing)}: leave them out with "
            "--languages, or give a table of distances"
        )
    # the language itself is the last node
    paths = {code: (*entry.lineage, entry.code) for code, entry in facts.items() if entry}

    def distance(a: str, b: str) -> float:
        shared = len(os.path.commonprefix([paths[a], paths[b]]))
        return 0.0 if a == b else 1.0 - 2 * shared / (len(paths[a]) + len(paths[b]))

    matrix = np.array([[distance(a, b) for b in codes] for a in codes])
    groups = {code: " > ".join(path[:-1][:BRANCH]) for code, path in paths.items()}
    note = (
        "Glottolog's tree has no depths in time: where it is finer, languages seem further apart."
    )
    return Reference("Glottolog's tree", tuple(codes), matrix, groups, note)


def from_table(path: Path, codes: Sequence[str]) -> Reference:
    """Distances from a file, separated by tabs, commas or blanks.

    Args:
        path: a square matrix whose first line and first column name the languages, or lines of two
            languages and their distance, with or without a line of headings. Lines that begin with
            "#" are comments; the first of them says what the distances are.
        codes: the languages whose distances are wanted; the table may hold more.
    Raises:
        UserError: naming what is wrong and where, or the pairs that are missing.
    """
    if not path.is_file():
        raise UserError(
            f"--distances {path}: there is no such file: give a table of distances, {GENEALOGY} or {GLOTTOLOG}"
        )
    rows: list[Row] = []
    title = path.name
    for number, line in enumerate(read_lines(path), start=1):
        if line.startswith("#"):
            title = line.lstrip("# ").strip() if title == path.name else title
        elif line.strip():
            separator = next((character for character in "\t," if character in line), None)
            rows.append((number, line.split(separator)))
    of_three = len(rows) > 1 and all(len(cells) == 3 for _, cells in rows[1:])
    distances = (
        read_pairs(path, rows) if of_three and not is_matrix(rows) else read_matrix(path, rows)
    )
    missing = [
        f"{a}-{b}" for i, a in enumerate(codes) for b in codes[i + 1 :] if (a, b) not in distances
    ]
    if missing:
        codes_of_table = {code for pair in distances for code in pair}
        unknown = [code for code in codes if code not in codes_of_table]
        raise UserError(
            f"--distances {path}: no distance of {format_list(unknown or missing)}: add it, or leave the "
            "language out with --languages"
        )
    matrix = np.array([[distances[a, b] if a != b else 0.0 for b in codes] for a in codes])
    return Reference(title, tuple(codes), matrix, clusters(codes, matrix))


def is_matrix(rows: Sequence[Row]) -> bool:
    """Whether the first line names the languages that the first column names."""
    names = [cells[0].strip() for _, cells in rows[1:]]
    head = [cell.strip() for cell in rows[0][1]]
    return names == head[-len(names) :]


def read_matrix(path: Path, rows: Sequence[Row]) -> Distances:
    """The distances of a square matrix.

    Raises:
        UserError: if it is none, or not symmetric.
    """
    names = [cells[0].strip() for _, cells in rows[1:]]
    if not rows or not is_matrix(rows):
        raise UserError(
            f"--distances {path}: neither a square matrix whose first line and first column name the "
            "same languages in the same order, nor lines of two languages and their distance"
        )
    distances: Distances = {}
    for (number, cells), code in zip(rows[1:], names):
        if len(cells) != len(names) + 1:
            raise UserError(
                f"{path}, line {number}: {len(cells) - 1} distances for {len(names)} languages"
            )
        for other, cell in zip(names, cells[1:]):
            if other != code:
                enter(distances, (code, other), cell, f"{path}, line {number}")
    return distances


def read_pairs(path: Path, rows: Sequence[Row]) -> Distances:
    """The distances of lines with two languages and a number, after a heading or none.

    Raises:
        UserError: if a distance is none, or two differ.
    """
    distances: Distances = {}
    first = rows[0][1]
    headed = len(first) != 3 or not is_number(first[2])
    for number, (a, b, cell) in rows[1:] if headed else rows:
        if a.strip() != b.strip():
            enter(distances, (a.strip(), b.strip()), cell, f"{path}, line {number}")
    return distances


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def enter(distances: Distances, pair: tuple[str, str], cell: str, where: str) -> None:
    """Enters a distance for both orders of a pair.

    Raises:
        UserError: if it is no distance, or not the one that was entered before.
    """
    value = float(cell) if is_number(cell) else math.nan
    if not 0 <= value < math.inf:
        raise UserError(f"{where}: '{cell.strip()}' is no distance of {pair[0]} and {pair[1]}")
    if distances.get(pair, value) != value:
        raise UserError(
            f"{where}: {pair[0]} and {pair[1]} are {distances[pair]} apart in one place and {value} in "
            "another"
        )
    distances[pair] = distances[pair[1], pair[0]] = value


def clusters(codes: Sequence[str], distances: np.ndarray) -> dict[str, str]:
    """Groups of languages that are near each other: average linkage cut at 0.7 of its height, as
    scipy colours a dendrogram.

    Args:
        codes: the languages.
        distances: [N, N].
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    linked = linkage(squareform(distances, checks=False), method="average")
    numbers = fcluster(linked, 0.7 * linked[:, 2].max(), criterion="distance")
    return {code: f"group {number}" for code, number in zip(codes, numbers)}


def write_table(path: Path, title: str, codes: Sequence[str], distances: np.ndarray) -> None:
    """Writes a square matrix [N, N] that `from_table` reads, under a title."""
    lines = [f"# {title}", "\t".join(["", *codes])]
    lines += ["\t".join([code, *(f"{v:g}" for v in row)]) for code, row in zip(codes, distances)]
    write_lines(path, lines)
