"""The merging demo's whole way on a tiny plan, with one kind."""

import json

import pytest

from hyperadapters.cli.main import run_command
from hyperadapters.demos import merging
from hyperadapters.demos.merging import MergingDemo, MergingPlan
from hyperadapters.demos.merging_report import VALUES, variants

TINY = MergingPlan(
    train=40, valid=4, test=4, pieces=450, backbone_updates=4, updates=4, max_tokens=400,
    reference="pos",
)  # fmt: skip


def test_every_way_to_merge_is_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "LEARNING_RATES", {"ia3": "0.05"})
    out = tmp_path / "demo"
    rows = {row["system"]: row for row in MergingDemo(out, TINY, run_command).run()}
    assert list(rows)[:4] == [
        "look-up", "ia3: source language", "ia3: AdaMergeX, t = 1", "ia3: AdaMergeX, t (tuned)",
    ]  # fmt: skip
    assert {"ia3: random gap", "ia3: trained on the target", "Hyper-X"} < rows.keys()
    table, picture = (out / "results.md").read_text(), out / "distances.png"
    assert all(system in table for system in rows) and picture.stat().st_size > 0
    (cosines,) = json.loads((out / "cosines.json").read_text())
    assert (cosines["kind"], cosines["task"]) == ("ia3", "ner")
    assert all(-1 <= cosines[name] <= 1 for name in ("same", "other"))
    for variant in variants(["ia3"]):
        evaluation = out / "evaluation" / variant.name / "evaluation.json"
        cells = json.loads(evaluation.read_text())["cells"]
        assert len(cells) == 8 and all(name.startswith("ner:") for name in cells)
        card = json.loads((out / "merged" / variant.name / "ner.qab.json").read_text())
        merged = card["merged"]
        if variant.gap == "none":
            assert merged["coefficients"] == [1.0]
        else:
            assert merged["t"] == (1.0 if variant.t is None else variant.t)
            names = [each["name"] for each in merged["of"]]
            assert names[0] == "ner:qaa" and names[2] == "pos:qaa"
            assert (names[1] == "pos:qab") == (variant.gap == "target")
    swept = [variant.t for variant in variants(["ia3"]) if variant.system == "ia3"]
    assert [t for t in swept if t is not None] == list(VALUES)


def test_the_tuned_distance_never_sees_its_own_language():
    ways = [way.name for way in variants(["ia3"]) if way.system == "ia3" and way.t is not None]
    scores = {("test", name): {"ner:a": n, "ner:b": 10 * n} for n, name in enumerate(ways)}
    scores |= {("valid", name): {"ner:a": n, "ner:b": -n} for n, name in enumerate(ways)}
    groups = {"all": ("all", ["a", "b"])}
    report = merging.MergingStudy(
        "s", groups, {"ner": "F1"}, "mlm", "", {"ia3": "1"}, 1, "", lambda *parts: "/".join(parts)
    ).report(lambda *parts: None if not parts else {"cells": {}})
    report.scores.update(scores)
    assert report.tune("ia3") == {"ner:a": 0, "ner:b": 10 * (len(ways) - 1)}


@pytest.mark.parametrize("code,other", [("b", "c"), ("c", "a"), ("d", "a")])
def test_the_gap_of_another_language_is_of_another_group(code, other):
    groups = {"near": ("near", ["a", "b"]), "far": ("far", ["c", "d"])}
    study = merging.MergingStudy("s", groups, {}, "mlm", "", {}, 1, "", str)
    assert study.other(code) == other
