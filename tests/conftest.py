"""Small settings, a toy corpus whose words show their language, and fairseq commands in process."""

import json
import logging
import os
import random
import sys
from pathlib import Path

# so small products are slower on two threads, much slower where others use the cores too
os.environ.setdefault("OMP_NUM_THREADS", "1")  # also of the processes that tests start

import pytest
import torch
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import fast_hydra
from tagging_corpus import train_cells, write_corpus
from toy import LANGUAGES, binarise, train, write_text

from hyperadapters.adapters import KINDS, LayerShape, sites
from hyperadapters.sources import SOURCES, HyperOptions, SourceConfig

fast_hydra.install()
DIRECTIONS = [{"src": src, "tgt": tgt} for src, tgt in ((0, 1), (1, 0), (0, 2), (2, 0))]

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    random.seed(0)


@pytest.fixture(autouse=True)
def log_levels():
    """Our commands quieten fairseq in their process, which here is that of all tests."""
    loggers = [logging.getLogger(name) for name in ("fairseq", "fairseq_cli")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels):
        logger.setLevel(level)


@pytest.fixture
def make_config():
    """Builds a source's configuration for 3 languages, 2+2 layers, a width of 6 and 2 heads."""

    def make(kind="bottleneck", source="hyper", start="published", width=6, hidden=8, **changes):
        hyper = {"lang_dim": 3, "layer_dim": 2, "hidden": hidden, **changes.pop("hyper", {})}
        inputs = changes.pop("inputs", SOURCES.get(source).default_inputs)
        options = KINDS.get(kind).Options
        small = {"bottleneck": 4} if hasattr(options, "bottleneck") else {}
        return SourceConfig(
            kind=KINDS.get(kind)(options(**{**small, **changes})),
            layers={
                "encoder": LayerShape(width, 8, 2),
                "decoder": LayerShape(width, 10, 2, memory=width),
            },
            sites=sites({"encoder": 2, "decoder": 2}),
            inputs=inputs,
            sizes={"languages": 3, "tasks": 2},
            conditions={side: DIRECTIONS for side in ("encoder", "decoder")},
            start=start,
            hyper=HyperOptions(**hyper),
        )

    return make


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """A folder with the toy corpus as text and, in `bin`, binarised for en-de and en-fr."""
    folder = tmp_path_factory.mktemp("toy")
    write_text(folder, LANGUAGES)
    binarise(folder, ["en-de", "en-fr", "de-fr"])
    return folder


@pytest.fixture(scope="session")
def trained(toy, tmp_path_factory):
    """A function that trains a checkpoint once for every set of options."""
    made = {}

    def of(*extra):
        if extra not in made:
            made[extra] = train(
                toy, tmp_path_factory.mktemp("trained"), "--max-update", "20", *extra
            )
        return made[extra]

    return of


@pytest.fixture(scope="session")
def tagging(tmp_path_factory):
    """A folder with the tiny tagging corpus, see `tagging_corpus`; tests leave it as it is."""
    return write_corpus(tmp_path_factory.mktemp("tagging"))


@pytest.fixture(scope="session")
def trained_on_cells(tagging, tmp_path_factory):
    """A function that trains a checkpoint of cells once for every set of options."""
    made = {}

    def of(*extra):
        if extra not in made:
            made[extra] = train_cells(tagging, tmp_path_factory.mktemp("cells"), *extra)
        return made[extra]

    return of


@pytest.fixture
def run(capsys):
    """Runs `hyperadapters`; returns the JSON that it prints, or its one line of error."""
    from hyperadapters.cli.main import main

    def call(*words):
        capsys.readouterr()
        failed = main(list(map(str, words)))
        printed = capsys.readouterr()
        if not failed:
            return json.loads(printed.out)
        *_, line = printed.err.strip().splitlines()
        assert failed == 2 and line.startswith("error: "), printed.err
        return line

    return call


@pytest.fixture(scope="session")
def bare(tagging, tmp_path_factory):
    """The corpus of cells without a sentencepiece model and a dictionary."""
    folder = tmp_path_factory.mktemp("bare")
    text = (tagging / "corpus.yaml").read_text().split("\n", 2)[2]
    text = text.replace('"pos.', f'"{tagging}/pos.').replace('"ner.', f'"{tagging}/ner.')
    (folder / "corpus.yaml").write_text(text.replace('"text.', f'"{tagging}/text.'))
    return folder
