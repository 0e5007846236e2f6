"""The stage that makes the sentencepiece model and the dictionaries."""

import shutil
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..support.errors import Problems
from ..support.files import atomic_write
from ..support.workers import run_in_subprocess
from . import pieces
from .binarised import stored_type
from .config import SentencePiece
from .context import VERSION, Context
from .corpora import relative
from .sample import quotas, sample
from .validate_files import stamp


def check_given_files(context: Context) -> None:
    """Raises:
    UserError: if a configured model or dictionary is missing or unusable.
    """
    problems = Problems()
    for name in ("model", "dictionary"):
        file_name = getattr(context.config.sentencepiece, name)
        if file_name and not (context.folder / file_name).is_file():
            problems.add(
                f"sentencepiece.{name}: there is no file {relative(context.folder / file_name)}"
            )
        elif file_name and name == "model":
            pieces.load(context.folder / file_name)
    problems.raise_if_any()


def make_model(context: Context) -> dict[str, Any]:
    """Trains or takes over the sentencepiece model.

    Returns:
        `digest` of the model; for a trained one `pieces`, their number, and `sentences` and `drawn` by
        language.
    """
    settings = context.config.sentencepiece
    model = context.out / "sentencepiece.model"
    if settings.model:
        configured = context.folder / settings.model

        def take_over() -> dict[str, Any]:
            with atomic_write(model) as temporary:
                shutil.copyfile(configured, temporary)
            return {"digest": file_digest(model)}

        inputs = [VERSION, str(configured), stamp(configured)]
        return context.steps.run("sentencepiece model", inputs, take_over, [model])

    parts = context.full("train")
    text = [[part.name, context.counts(part)["digest"]] for part in parts]
    inputs = [VERSION, vars(settings), context.corpora.languages, context.config.seed, text]
    return context.steps.run(
        "sentencepiece training", inputs, lambda: train(context, model), [model]
    )


def train(context: Context, model: Path) -> dict[str, Any]:
    """Draws a sample and trains on it."""
    settings = context.config.sentencepiece
    files: dict[str, list[Path]] = {code: [] for code in context.corpora.languages}
    sizes, characters = dict.fromkeys(files, 0), dict.fromkeys(files, 0)
    for part in context.full("train"):
        counts = context.counts(part)
        sides = zip((part.src, part.tgt), context.text_files(part), counts["characters"])
        for code, path, length in sides:
            files[code].append(path)
            sizes[code] += counts["kept"]
            characters[code] += length
    numbers = quotas(
        sizes, characters, settings.temperature, settings.sentences, settings.characters
    )
    run_in_subprocess(train_on_sample, model, settings, files, sizes, numbers, context.config.seed)
    size = pieces.load(model).get_piece_size()
    return {"digest": file_digest(model), "pieces": size, "sentences": sizes, "drawn": numbers}


def train_on_sample(
    model: Path,
    settings: SentencePiece,
    files: dict[str, list[Path]],
    sizes: dict[str, int],
    numbers: dict[str, int],
    seed: int,
) -> None:
    """Trains a model on a sample; `files` has the languages in the order of their ids.

    A vocabulary that the characters do not fit into becomes as large as they need.
    """

    def train(settings: SentencePiece) -> None:
        sentences = tqdm(
            sample(files, sizes, numbers, seed),
            total=sum(numbers.values()), desc="sampling", unit=" sentences", unit_scale=True,
        )  # fmt: skip
        pieces.train(iter(sentences), model, settings, list(files))

    try:
        train(settings)
    except pieces.SmallVocabulary as error:
        train(replace(settings, vocabulary=error.args[0]))


def make_dictionary(context: Context, model_digest: str) -> dict[str, Any]:
    """Writes `dict.txt`, and the table from the model's pieces to its token ids.

    Returns:
        `symbols`, `eos`, `missing` (see `pieces.dictionary_ids`), `dtype` of stored token ids, and
        `digest` of it all.
    """
    dictionary = context.config.sentencepiece.dictionary
    path = context.folder / dictionary if dictionary else None
    out, table = context.out / "dict.txt", id_table_file(context)

    def action() -> dict[str, Any]:
        model = pieces.load(context.out / "sentencepiece.model")
        if path:
            with atomic_write(out) as temporary:
                shutil.copyfile(path, temporary)
        else:
            pieces.write_dictionary(model, out)
        figures = pieces.dictionary_ids(model, out)
        with atomic_write(table) as temporary, open(temporary, "wb") as file:
            np.save(file, np.array(figures.pop("ids"), dtype=np.int64))
        digest = file_digest(out) + file_digest(table)
        return {**figures, "dtype": stored_type(figures["symbols"]), "digest": digest}

    inputs = [VERSION, model_digest, stamp(path) if path else None]
    return context.steps.run("dictionary", inputs, action, [out, table])


def id_table_file(context: Context) -> Path:
    """File of the token id of each piece."""
    return context.work / "ids.npy"


def file_digest(path: Path) -> str:
    """A fingerprint of a small file's contents."""
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()
