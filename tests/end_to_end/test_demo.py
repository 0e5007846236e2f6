"""The demo's whole way on a tiny plan, and going on after an interruption."""

import json

import pytest

from hyperadapters.comparison.options import Options
from hyperadapters.comparison.run import run as compare
from hyperadapters.data import conlang_family as family
from hyperadapters.demo import run as demo
from hyperadapters.demo import train
from hyperadapters.demo.plan import Plan
from hyperadapters.demo.train import Job, Trainer
from hyperadapters.relatedness.reference import reference
from hyperadapters.support.errors import UserError
from hyperadapters.support.resumable import StepLog

TINY = Plan(
    largest=60, smallest=20, valid=4, test=3, pieces=300, updates=20, max_tokens=400, beam=1
)


def test_the_demo_goes_on_where_it_was_interrupted(tmp_path, capsys, monkeypatch):
    out = tmp_path / "demo"
    evaluate_system = demo.evaluate_system

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "evaluate_system", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.run(out, TINY)
    trained = (out / "backbone" / "checkpoint_last.pt").stat().st_mtime
    monkeypatch.setattr(demo, "evaluate_system", evaluate_system)
    capsys.readouterr()
    rows = demo.run(out, TINY, as_json=True)
    printed = capsys.readouterr()
    assert "training: backbone (done before, reused)" in printed.err
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
    tree = reference(str(out / "family.tsv"), ["qaa", "qab", "qcc"])
    assert tree.distances[0].tolist() == [0, family.distance("qaa", "qab"), 2.65]
    compared = compare([str(out / "evaluation")], out / "comparison", Options(samples=20))
    assert len(compared["systems"]) == 3 and len(compared["directions"]) == 72
    commands = (out / "commands.sh").read_text().splitlines()
    assert sum(line.startswith("fairseq-train ") for line in commands) == 3


def test_a_failing_training_says_where_to_look_and_stops_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "available_cores", lambda: 2)
    good = Job("good", ["sleep", "60"], tmp_path / "good.log", 1)
    bad = Job(
        "bad", ["fairseq-train", str(tmp_path), "--task", "no-such-task"], tmp_path / "bad.log", 1
    )
    late = Job("late", ["touch", str(tmp_path / "late")], tmp_path / "late.log", 1, after="bad")
    trainer = Trainer(StepLog(tmp_path / "state.json"), {})
    with pytest.raises(UserError, match="fairseq-train failed .*bad.log"):
        trainer.run([good, bad, late])
    assert all(process.poll() is not None for process in trainer.processes)
    assert not (tmp_path / "late").exists() and not StepLog(tmp_path / "state.json").done


def test_trainings_run_once_in_their_order_and_side_by_side(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "available_cores", lambda: 2)
    written = tmp_path / "written"

    def job(name, after="", first="true"):
        command = ["sh", "-c", f"{first}; echo {name} >> {written}"]
        return Job(name, command, tmp_path / f"{name}.log", 1, after)

    wait = f"for i in $(seq 300); do grep -q d {written} && break; sleep 0.1; done"
    jobs = [job("a"), job("b", "a"), job("c", "a", wait), job("d", "b")]
    for _ in range(2):
        Trainer(StepLog(tmp_path / "state.json"), {}).run(jobs)
    assert written.read_text().split() == ["a", "b", "d", "c"]
