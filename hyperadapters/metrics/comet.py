"""COMET scores, which a separate environment computes from the files of an evaluation."""

import json
from collections.abc import Mapping
from pathlib import Path

from ..support.errors import UserError, format_list
from ..support.text import read_text


def read(folder: Path, hypotheses: Mapping[str, list[str]]) -> dict[str, float]:
    """The system score of every direction: the mean over its sentences, as COMET defines it.

    Args:
        folder: has a file `SRC-TGT.json` of each direction, written by COMET's
            `comet-score --to_json`: a list with `mt` and `COMET` of each sentence, by file name.
        hypotheses: the translations of each direction.
    Raises:
        UserError: naming the file that is missing, unusable, or of other translations.
    """
    files = {direction: folder / f"{direction}.json" for direction in hypotheses}
    missing = [str(file) for file in files.values() if not file.is_file()]
    if missing:
        raise UserError(
            f"--comet: there is no file {format_list(missing)}: score every direction with comet-score, "
            "as examples/translation/evaluation.md shows, then run this command again"
        )
    return {direction: _score(files[direction], hypotheses[direction]) for direction in hypotheses}


def _score(file: Path, hypotheses: list[str]) -> float:
    try:
        (rows,) = json.loads(read_text(file)).values()
        scores = [float(row["COMET"]) for row in rows]
        translations = [row["mt"].strip() for row in rows]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(
            f"--comet: {file} is not what comet-score --to_json writes for one file of translations"
        ) from error
    if not scores or translations != [hypothesis.strip() for hypothesis in hypotheses]:
        raise UserError(f"--comet: {file} is of other translations: score these again")
    return sum(scores) / len(scores)
