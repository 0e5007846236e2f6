"""fairseq trains on prepared shards, and finds the test set of each direction."""

import random
from pathlib import Path

import pytest
from toy import generate_output, run_in_process, train_arguments

from hyperadapters.preparation.run import prepare
from hyperadapters.support.languages import codes_of

CONFIG = """
languages: [de, en, fr]
bitext:
- {pair: de-en, train: "large.{lang}", valid: "valid.{lang}", test: "from_de.{lang}"}
- {pair: en-de, test: "from_en.{lang}"}
- {pair: fr-en, train: "small.{lang}", valid: "valid.{lang}", test: "from_de.{lang}"}
sentencepiece: {vocabulary: 300}
shard_sentences: 50
"""


@pytest.fixture(scope="module")
def sharded(tmp_path_factory):
    """A folder with a pair in three shards, another in one; their test sets have different sizes."""
    folder = tmp_path_factory.mktemp("sharded")
    for name, size in (("large", 130), ("small", 30), ("valid", 6), ("from_de", 4), ("from_en", 5)):
        draw = random.Random(name)
        rows = [[draw.randrange(100) for _ in range(draw.randint(2, 6))] for _ in range(size)]
        for code in ("de", "en", "fr"):
            text = "".join(" ".join(f"{code}{number}" for number in row) + "\n" for row in rows)
            (folder / f"{name}.{code}").write_text(text)
    (folder / "config.yaml").write_text(CONFIG)
    found = prepare(folder / "config.yaml", folder / "out", 1)
    return folder, found


def task_of(data, directions):
    from fairseq import options, tasks

    words = train_arguments(Path(), Path())
    words[0], words[words.index("--lang-pairs") + 1] = data, directions
    parser = options.get_training_parser()
    return tasks.setup_task(options.parse_args_and_arch(parser, words))


def test_every_sentence_is_in_one_shard(sharded):
    folder, found = sharded
    task = task_of(found["data"], ",".join(found["directions"]))
    sizes, seen = [], []
    for epoch in range(1, 5):
        task.load_dataset("train", epoch=epoch)
        datasets = dict(zip(task.datasets["train"].keys, task.datasets["train"].datasets))
        sizes.append({key: len(dataset) for key, dataset in datasets.items()})
        pairs = datasets["main:de-en"]
        rows = [pairs[row] for row in range(len(pairs))]
        seen.append({tuple(row["source"].tolist() + row["target"].tolist()) for row in rows})
    task.load_dataset("valid")
    assert [size["main:de-en"] for size in sizes] == [44, 43, 43, 44]
    assert all(size["main:en-fr"] == size["main:fr-en"] == 30 for size in sizes)
    assert sizes[0]["main:en-de"] == 44 and seen[3] == seen[0]
    kept = found["splits"]["train"]["de-en"]["kept"]
    assert len(seen[0] | seen[1] | seen[2]) == sum(map(len, seen[:3])) == kept == 130


def test_training_goes_through_the_shards(sharded, tmp_path):
    from fairseq_cli import train as command

    folder, found = sharded
    words = train_arguments(folder, tmp_path, "--max-epoch", "4")
    directions = ",".join(found["directions"])
    words[0], words[words.index("--lang-pairs") + 1] = found["data"], directions
    words[words.index("--max-update") + 1] = "1000"
    run_in_process(command.cli_main, "fairseq-train", words)
    assert codes_of(found["directions"]) == ["de", "en", "fr"]

    (folder / "bin").symlink_to(folder / "out" / "bin" / "shard0")
    checkpoint = tmp_path / "checkpoint_last.pt"
    tested = {
        (src, tgt): generate_output(folder, checkpoint, src, tgt).count("\nH-")
        for src, tgt in (("de", "en"), ("en", "de"), ("fr", "en"), ("en", "fr"))
    }
    assert tested == {("de", "en"): 4, ("en", "de"): 5, ("fr", "en"): 4, ("en", "fr"): 4}
