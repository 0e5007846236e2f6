"""`hyperadapters compare` on evaluations of cells, and on several runs of a system."""

import json

import numpy as np
import pytest
from evaluations import read_scores, write_cells, write_evaluation
from sacrebleu.significance import PairedTest

from hyperadapters.metrics.tags import Accuracy, SpanF1

TAGS = ("O", "B-PER", "I-PER", "B-LOC")
CELLS = ("pos:de", "pos:en", "ner:en", "ner:de", "mlm:en")
TRAINED = ("pos:en", "ner:en", "mlm:en")


def lines_of(cell):
    random = np.random.default_rng(sum(map(ord, cell)))
    return [
        " ".join(random.choice(TAGS, size=random.integers(2, 9)))
        for _ in range(25 if "de" in cell else 40)
    ]


REFERENCES = {cell: lines_of(cell) for cell in CELLS}


def tagged(share, seed=0):
    """Tags of which a share is another at random."""
    random = np.random.default_rng(seed)
    return {
        cell: [
            " ".join(
                tag if random.random() > share else random.choice(TAGS) for tag in line.split()
            )
            for line in lines
        ]
        for cell, lines in REFERENCES.items()
    }


@pytest.fixture
def evaluated(tmp_path):
    def write(folder, name, tags, trained=TRAINED, **changes):
        return write_cells(tmp_path / folder, name, tags, REFERENCES, trained, **changes)

    return write


def group(result, kind, task):
    (found,) = (g for g in result["groups"] if (g["kind"], g["task"]) == (kind, task))
    return found


def test_groups_by_task_and_by_what_was_trained(evaluated, compare, tmp_path):
    worse, better = tagged(0.5), tagged(0.1, 1)
    evaluated("e/worse", "worse", worse, adapter_parameters=0)
    evaluated("e/better", "better", better, trained=(*TRAINED, "pos:de"), updates=900)
    result = compare(tmp_path / "e")
    assert [(g["kind"], g["task"], g["cells"]) for g in result["groups"]] == [
        ("trained", "all", ["ner:en", "pos:en"]),
        ("trained", "pos", ["pos:en"]),
        ("trained", "ner", ["ner:en"]),
        ("trained", "mlm", ["mlm:en"]),
        ("partly", "pos", ["pos:de"]),
        ("zero_shot", "ner", ["ner:de"]),
    ]
    score = SpanF1().corpus_score(better["ner:de"], [REFERENCES["ner:de"]]).score
    averages = {system["name"]: system["averages"] for system in result["systems"]}
    assert averages["better"]["zero_shot"]["score"] == pytest.approx(score, abs=1e-3)
    assert set(averages["better"]) == {"trained", "partly", "zero_shot"}
    (pair,) = group(result, "trained", "all")["pairs"]
    assert pair["systems"] == ["better", "worse"] and pair["score"]["p"] < 0.05
    assert pair["score"]["lost"] == 2 and result["baseline"] == "worse"
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert "| zero-shot cells " in page and "span F1, nrefs:1" in page and "±" not in page
    assert (tmp_path / "out" / "quality.png").exists()


@pytest.mark.parametrize("test", ["ar", "bs"])
def test_a_cell_is_tested_as_sacrebleu_does(evaluated, compare, tmp_path, test, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "12345")
    systems = {"a": tagged(0.3), "b": tagged(0.4, 1)}
    for name, tags in systems.items():
        evaluated(f"e/{name}", name, tags)
    result = compare(tmp_path / "e", "--test", test)
    for cell, metric in (("pos:de", Accuracy()), ("ner:en", SpanF1())):
        named = [(name, tags[cell]) for name, tags in systems.items()]
        _, theirs = PairedTest(
            named, {"m": metric}, [REFERENCES[cell]], test_type=test, n_samples=60
        )()
        (pair,) = result["cells"][cell]["pairs"]
        assert pair["score"]["p"] == pytest.approx(theirs[metric.title][1].p_value, abs=1e-5)


def test_runs_with_other_seeds_give_mean_and_deviation(evaluated, compare, tmp_path):
    for seed in (1, 2, 3):
        evaluated(f"e/a{seed}", "a", tagged(0.2, seed), seed=seed, updates=100 * seed)
    evaluated("e/b", "b", tagged(0.3, 9), seed=1, updates=500, adapter_source="task")
    result = compare(tmp_path / "e")
    a, b = result["systems"]
    means = [
        np.mean(
            [
                SpanF1().corpus_score(tags["ner:en"], [REFERENCES["ner:en"]]).score,
                Accuracy().corpus_score(tags["pos:en"], [REFERENCES["pos:en"]]).score,
            ]
        )
        for tags in (tagged(0.2, seed) for seed in (1, 2, 3))
    ]
    trained = a["averages"]["trained"]
    assert trained["score"] == pytest.approx(np.mean(means), abs=1e-3)
    assert trained["deviation"]["score"] == pytest.approx(np.std(means, ddof=1), abs=1e-3)
    assert [run["seed"] for run in a["runs"]] == [1, 2, 3] and a["updates"] == 200
    assert b["averages"]["trained"]["deviation"] is None
    (pair,) = group(result, "trained", "all")["pairs"]
    difference = b["averages"]["trained"]["score"] - means[0]  # the one run that both have
    assert pair["score"]["difference"] == pytest.approx(difference, abs=1e-3)
    assert any("different numbers of runs (a 3, b 1)" in note for note in result["notes"])
    assert any("The runs of a had 100, 200, 300 updates" in note for note in result["notes"])
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert f"{np.mean(means):.1f} ± {np.std(means, ddof=1):.1f}" in page
    assert not (tmp_path / "out" / "convergence.png").exists()  # seeds are no history


def test_a_look_up_stands_beside_every_run(evaluated, compare, tmp_path):
    for seed in (1, 2, 3):
        evaluated(f"e/a{seed}", "a", tagged(0.2, seed), seed=seed)
    nothing = dict.fromkeys(("adapter_parameters", "total_parameters", "trained_parameters"), 0)
    evaluated("e/look-up", "look-up", tagged(0.3, 9), seed=None, adapter_kind=None, **nothing)
    result = compare(tmp_path / "e")
    a, look_up = (system["averages"]["trained"] for system in result["systems"])
    (pair,) = group(result, "trained", "all")["pairs"]
    assert pair["systems"] == ["a", "look-up"] and look_up["deviation"] is None
    difference = look_up["score"] - a["score"]  # of the means of all runs
    assert pair["score"]["difference"] == pytest.approx(difference, abs=1e-3)
    assert not any("different numbers of runs" in note for note in result["notes"])
    assert "runs: a 3, look-up 1." in (tmp_path / "out" / "comparison.md").read_text()
    scores = read_scores(tmp_path / "out" / "comparison.tsv")
    runs = {unit: [] for _, _, unit, _, _ in scores}
    for system, run, unit, _, _ in scores:
        runs[unit].append((system, run))
    assert set(map(tuple, runs.values())) == {(("a", "1"), ("a", "2"), ("a", "3"), ("look-up", ""))}


@pytest.mark.parametrize("test", ["ar", "bs"])
def test_runs_that_are_the_same_count_as_one(evaluated, compare, tmp_path, test):
    one, other = tagged(0.3), tagged(0.35, 1)
    for seed in (1, 2):
        evaluated(f"twice/a{seed}", "a", one, seed=seed)
        evaluated(f"twice/b{seed}", "b", other, seed=seed)
    twice = compare(tmp_path / "twice", "--test", test)
    once = compare(tmp_path / "twice/a1", tmp_path / "twice/b1", "--test", test)
    for ours, theirs in zip(twice["groups"], once["groups"]):
        assert ours["pairs"] == theirs["pairs"]


class MeanOfRuns(SpanF1):
    """The mean span F1 of two runs, whose tags are the two halves of a line."""

    names = SpanF1.names * 2

    def _compute_segment_statistics(self, hypothesis, ref_kwargs):
        return [
            count
            for tags in hypothesis.split("|")
            for count in super(MeanOfRuns, self)._compute_segment_statistics(tags, ref_kwargs)
        ]

    @classmethod
    def percentage(cls, counts):
        return sum(SpanF1.percentage(half) for half in (counts[:3], counts[3:])) / 2


@pytest.mark.parametrize("test", ["ar", "bs"])
def test_runs_are_tested_as_sacrebleu_tests_their_mean(
    evaluated, compare, tmp_path, test, monkeypatch
):
    monkeypatch.setenv("SACREBLEU_SEED", "12345")
    systems = {
        name: [tagged(share, n) for n in (0, 1)] for name, share in (("a", 0.3), ("b", 0.38))
    }
    for name, runs in systems.items():
        for seed, tags in enumerate(runs):
            evaluated(f"e/{name}{seed}", name, tags, seed=seed)
    (pair,) = compare(tmp_path / "e", "--test", test)["cells"]["ner:en"]["pairs"]
    named = [
        (name, ["|".join(both) for both in zip(*(tags["ner:en"] for tags in runs))])
        for name, runs in systems.items()
    ]
    _, theirs = PairedTest(
        named, {"m": MeanOfRuns()}, [REFERENCES["ner:en"]], test_type=test, n_samples=60
    )()
    first, second = theirs["span F1"]
    assert pair["score"]["p"] == pytest.approx(second.p_value, abs=1e-5)
    assert pair["score"]["difference"] == pytest.approx(second.score - first.score, abs=1e-3)


def test_runs_of_a_translation_system_are_taken_together_too(compare, tmp_path):
    references = {"de-en": [f"one two three four {n}" for n in range(12)]}
    for seed in (1, 2):
        lines = [line if n % (2 + seed) else "x y" for n, line in enumerate(references["de-en"])]
        hypotheses = {"de-en": lines}
        training = {"en-de": 9}
        write_evaluation(tmp_path / f"{seed}", "a", hypotheses, references, training, seed=seed)
    (system,) = compare(tmp_path / "1", tmp_path / "2")["systems"]
    assert len(system["runs"]) == 2
    assert system["averages"]["into_english"]["deviation"]["bleu"] > 0


def test_what_cannot_be_compared_is_named(evaluated, compare, tmp_path):
    a = evaluated("a", "a", tagged(0.2))
    translation = write_evaluation(tmp_path / "t", "t", {"de-en": ["x"]}, {"de-en": ["x"]}, {})
    assert "`evaluate` and of `evaluate-tagging` apart" in compare(a, translation)
    again = evaluated("again", "a", tagged(0.3))
    assert "both 'a' after 100 updates with seed 1" in compare(a, again)
    other = evaluated("other", "a", tagged(0.3), seed=2, adapter_parameters=7)
    assert "adapter_parameters are 1000 and 7" in compare(a, other)
    assert "--metric bleu: the evaluations have score" in compare(a, "--metric", "bleu")
    file = a / "predictions" / "ner.en.txt"
    text = file.read_text()
    file.write_text(text.replace("\tB-PER\n", "\tB-LOC\n"))
    assert "predictions of ner:en have score" in compare(a)
    file.write_text(text.rstrip("\n") + "\n")
    assert "ner:en are 39 lines, evaluation.json says 40" in compare(a)
    file.unlink()
    assert "there are no predictions" in compare(a)
    record = json.loads((a / "evaluation.json").read_text())
    del record["cells"]["pos:en"]["signature"], record["averages"]
    (a / "evaluation.json").write_text(json.dumps(record))
    assert "'signature' of pos:en is missing" in compare(a)
