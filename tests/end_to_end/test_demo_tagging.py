"""The tagging demo's whole way on a tiny plan, and running it again."""

import json
from dataclasses import replace

import pytest

from hyperadapters.cli.main import run_command
from hyperadapters.demos.tagging import TaggingDemo, TaggingPlan
from hyperadapters.support.errors import UserError

TINY = TaggingPlan(
    train=40, valid=4, test=4, pieces=450, backbone_updates=4, updates=4, max_tokens=400
)  # fmt: skip


def test_the_tagging_demo_runs_once(tmp_path, capsys):
    out = tmp_path / "demo"
    rows = TaggingDemo(out, TINY, run_command).run(as_json=True)
    assert json.loads(capsys.readouterr().out) == rows
    assert [row["system"] for row in rows] == [
        "look-up", "Hyper-X", "Hyper-X without language", "task adapters",
        "language and task adapters, stacked",
    ]  # fmt: skip
    table = (out / "results.md").read_text()
    for row in rows:
        assert (row["adapter_parameters"] == 0) == (row["system"] == "look-up")
        assert f"{row['adapter_parameters']:,}" in table
        found = json.loads((out / "evaluation" / slug(row) / "evaluation.json").read_text())
        assert found["averages"]["zero_shot"]["cells"] == found["averages"]["trained"]["cells"] == 9
    assert 0 < rows[2]["adapter_parameters"] < rows[1]["adapter_parameters"]
    assert "look-up has no model" in table and "Hyper-X without language is" in table
    trained = (out / "stack" / "checkpoint_last.pt").stat().st_mtime
    assert TaggingDemo(out, TINY, run_command).run() == rows
    assert (out / "stack" / "checkpoint_last.pt").stat().st_mtime == trained
    commands = (out / "commands.sh").read_text().splitlines()
    assert sum(line.startswith("fairseq-train ") for line in commands) == 6
    with pytest.raises(UserError, match="holds a run with other settings: give another --out"):
        TaggingDemo(out, replace(TINY, updates=5), run_command).run()
    assert (out / "stack" / "checkpoint_last.pt").stat().st_mtime == trained


def slug(row):
    name = row["system"].lower().replace(" ", "-")
    return {
        "hyper-x-without-language": "hyper-x-no-language",
        "language-and-task-adapters,-stacked": "stack",
    }.get(name, name)
