"""A small multi-parallel corpus on disk, and preparing it."""

from pathlib import Path

import pytest
from small_corpus import CONFIG, LANGUAGES, sentences, write

from hyperadapters.preparation.run import prepare


@pytest.fixture
def corpus(tmp_path) -> Path:
    """A folder with the files and `config.yaml`; ten training lines of ru and one of test are gaps."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for split, size in (("train", 120), ("valid", 6), ("test", 8)):
        for code in LANGUAGES:
            lines = sentences(code, size, split)
            if code == "ru" and split != "valid":
                lines[:: 12 if split == "train" else 8] = [""] * (10 if split == "train" else 1)
            write(folder / f"{split}.{code}{'.gz' if split == 'train' else ''}", lines)
    (folder / "config.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def prepared(corpus):
    """Prepares the corpus in this process; returns the figures. `out` is beside the corpus."""

    def run(config: str = CONFIG, workers: int = 1) -> dict:
        (corpus / "config.yaml").write_text(config)
        return prepare(corpus / "config.yaml", corpus.parent / "out", workers)

    return run
