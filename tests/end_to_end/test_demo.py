"""The demo's whole way on a tiny plan, and going on after an interruption."""

import json

import pytest

from hyperadapters.cli.main import run_command
from hyperadapters.data import conlang_family as family
from hyperadapters.data.reference_distances import read_reference
from hyperadapters.demos.translation import TranslationDemo, TranslationPlan

TINY = TranslationPlan(
    largest=60,
    smallest=20,
    valid=4,
    test=3,
    pieces=300,
    updates=20,
    max_tokens=400,
    beam=1,
    samples=20,
)


def test_the_demo_goes_on_where_it_was_interrupted(tmp_path, capsys):
    out = tmp_path / "demo"

    def interrupted(words):
        if words[0] == "evaluate":
            raise KeyboardInterrupt
        run_command(words)

    with pytest.raises(KeyboardInterrupt):
        TranslationDemo(out, TINY, interrupted).run()
    trained = (out / "backbone" / "checkpoint_last.pt").stat().st_mtime
    capsys.readouterr()
    rows = TranslationDemo(out, TINY, run_command).run(as_json=True)
    printed = capsys.readouterr()
    assert "backbone: finished before" in printed.err
    assert json.loads(printed.out) == rows
    assert (out / "backbone" / "checkpoint_last.pt").stat().st_mtime == trained

    assert rows == json.loads((out / "results.json").read_text())
    assert [row["system"] for row in rows] == [
        "copy of the source", "backbone", "language adapters", "hyper-adapters",
    ]  # fmt: skip
    parameters = {row["system"]: row["adapter_parameters"] for row in rows}
    assert parameters["backbone"] == 0
    assert 0 < parameters["hyper-adapters"] < parameters["language adapters"]
    assert all(row["words_per_second"] > 0 for row in rows[1:])
    assert rows[0]["signature_bleu"] in (out / "results.md").read_text()
    evaluation = out / "evaluation" / "hyper-adapters"
    assert len(list((evaluation / "hypotheses").iterdir())) == 72
    assert (evaluation / "references" / "qaa-qba.txt").read_text() == (
        out / "text" / "test.qba"
    ).read_text()
    assert (out / "languages.png").read_bytes().startswith(b"\x89PNG")
    tree = read_reference(str(out / "family.tsv"), ["qaa", "qab", "qcc"])
    assert tree.distances[0].tolist() == [0, family.distance("qaa", "qab"), 2.65]
    compared = json.loads((out / "comparison" / "comparison.json").read_text())
    assert [system["name"] for system in compared["systems"]] == list(parameters)[1:]
    assert len(compared["directions"]) == 72
    commands = (out / "commands.sh").read_text().splitlines()
    assert sum(line.startswith("fairseq-train ") for line in commands) == 3
