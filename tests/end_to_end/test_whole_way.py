"""From raw text to a comparison and to what was learnt, with the commands of the documentation."""

import json
import os
import subprocess
import sys
from pathlib import Path

from hyperadapters.cli.main import main
from hyperadapters.data.conlang import Family
from hyperadapters.support.files import write_lines

ROOT = Path(__file__).parents[2]
SYSTEMS = ("backbone", "language", "hyper-6")
TINY = (
    "--encoder-embed-dim 16 --encoder-ffn-embed-dim 16 --encoder-layers 1 --decoder-layers 1 "
    "--adapter-bottleneck 4 --hyper-lang-dim 4 --hyper-layer-dim 3 --max-tokens 400"
)


def write_corpus(folder):
    """Raw text of three constructed languages, and the configuration that describes it."""
    family = Family(1)
    languages = list(family.languages)[:3]
    for split, size in (("train", 150), ("valid", 8), ("test", 10)):
        meanings = list(family.meanings(size, split))
        for code in languages:
            texts = (family.realise(meaning, code).text for meaning in meanings)
            write_lines(folder / f"{split}.{code}", texts)
    (folder / "corpus.yaml").write_text(
        f"languages: {languages}\nenglish: {languages[0]}\n"
        "pairs: {train: english-centric, test: all}\n"
        "multiparallel: [{train: 'train.{lang}', valid: 'valid.{lang}', test: 'test.{lang}'}]\n"
        "sentencepiece: {vocabulary: 500}\nfilters: {script_share: null}\n"
    )
    return languages


def train_grid(prepared, out):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SCALE": "small", "JOBS": "2", "UPDATES": "6", "ADAPTER_UPDATES": "4", "EXTRA": TINY,
    }  # fmt: skip
    words = [str(ROOT / "scripts" / "train_grid.sh"), str(prepared), str(out), *SYSTEMS[1:]]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)


def test_from_raw_text_to_a_comparison(tmp_path, capsys):
    languages = write_corpus(tmp_path)
    prepared, grid = tmp_path / "prepared", tmp_path / "grid"
    assert main(["prepare", str(tmp_path / "corpus.yaml"), "--out", str(prepared)]) == 0

    result = train_grid(prepared, grid)
    assert result.returncode == 0, result.stderr + (grid / "hyper-6.log").read_text()[-2000:]
    assert "finished before" in train_grid(prepared, grid).stdout

    for system in SYSTEMS:
        checkpoint = str(grid / system / "checkpoint_best.pt")
        words = ["--data", str(prepared / "bin"), "--out", str(tmp_path / "evaluations" / system)]
        words += ["--english", languages[0], "--cpu", "--beam", "2", "--max-len-b", "5"]
        assert main(["evaluate", "--checkpoint", checkpoint, *words]) == 0
    evaluation = json.loads((tmp_path / "evaluations/hyper-6/evaluation.json").read_text())
    assert len(evaluation["directions"]) == 6
    assert evaluation["averages"]["zero_shot"]["directions"] == 2
    assert evaluation["system"]["updates"] == 4

    words = ["compare", str(tmp_path / "evaluations"), "--out", str(tmp_path / "comparison")]
    assert main([*words, "--samples", "100", "--resource-thresholds", "100,50"]) == 0
    page = (tmp_path / "comparison" / "comparison.md").read_text()
    assert all(system in page for system in SYSTEMS)

    words = ["languages", "--checkpoint", str(grid / "hyper-6" / "checkpoint_best.pt")]
    assert main([*words, "--out", str(tmp_path / "languages")]) == 0
    assert (tmp_path / "languages" / "languages.md").is_file()
