"""`hyperadapters compare` on evaluation folders."""

import json

import numpy as np
import pytest
from evaluations import read_scores, write_evaluation
from sacrebleu.metrics import BLEU

TRAINING = {"en-de": 2000, "en-fr": 900, "en-af": 100}
DIRECTIONS = ("de-en", "en-de", "fr-en", "en-fr", "af-en", "en-af", "af-de")
SENTENCES = {"de": 30, "fr": 30, "af": 12}


def references_of(direction):
    others = [code for code in direction.split("-") if code != "en"]
    random = np.random.default_rng(sum(map(ord, direction)))
    rows = [random.integers(40, size=7) for _ in range(SENTENCES[others[0]])]
    return [" ".join(f"{direction[-2:]}{number}" for number in row) for row in rows]


REFERENCES = {direction: references_of(direction) for direction in DIRECTIONS}


def translated(share, seed=0, directions=DIRECTIONS):
    """Translations that lose a share of the words."""
    random = np.random.default_rng(seed)
    return {
        direction: [
            " ".join(word if random.random() > share else "x" for word in line.split())
            for line in REFERENCES[direction]
        ]
        for direction in directions
    }


@pytest.fixture
def evaluated(tmp_path):
    def write(folder, name, hypotheses, **changes):
        references = changes.pop("references", REFERENCES)
        return write_evaluation(
            tmp_path / folder, name, hypotheses, references, TRAINING, **changes
        )

    return write


def test_groups_means_and_significance(evaluated, compare, tmp_path):
    worse, better = translated(0.3), translated(0.05, seed=1)
    evaluated("e/worse", "worse", worse, adapter_parameters=0)
    evaluated("e/better", "better", better, updates=900)
    result = compare(tmp_path / "e", "--resource-thresholds", "1000,500")
    groups = {(g["kind"], g["resource"]): g for g in result["groups"]}
    assert groups["into_english", "all"]["directions"] == ["de-en", "fr-en", "af-en"]
    assert groups["into_english", "high"]["directions"] == ["de-en"]
    assert groups["out_of_english", "mid"]["directions"] == ["en-fr"]
    assert groups["zero_shot", "all"]["directions"] == ["af-de"]
    assert ("zero_shot", "low") not in groups  # all zero-shot directions are
    assert result["directions"]["af-de"]["resource"] == "low"

    of_group = groups["into_english", "all"]
    expected = [
        BLEU().corpus_score(better[d], [REFERENCES[d]]).score for d in of_group["directions"]
    ]
    assert of_group["scores"]["better"]["bleu"] == pytest.approx(np.mean(expected), abs=1e-3)
    (pair,) = of_group["pairs"]
    verdict, order = pair["bleu"], pair["systems"]
    assert (verdict["difference"] > 0) == (order == ["worse", "better"])
    assert verdict["p"] < 0.05 and verdict["p_holm"] == verdict["p"]
    assert (verdict["won"] if order[1] == "better" else verdict["lost"]) == 3
    assert result["baseline"] == "worse"

    scores = read_scores(tmp_path / "out" / "comparison.tsv")
    kinds = {direction: entry["kind"] for direction, entry in result["directions"].items()}
    assert {key: pytest.approx(score, abs=1e-3) for key, score in scores.items()} == {
        (name, "", direction, metric, kinds[direction]): entry["scores"][name][metric]
        for name in ("worse", "better")
        for direction, entry in result["directions"].items()
        for metric in ("bleu", "chrf")
    }
    page = (tmp_path / "out" / "comparison.md").read_text()
    assert "| into en, low-resource " in page and BLEU().tokenizer.signature() in page
    for name in ("quality.png", "gain.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
        assert f"({name})" in page
    assert not (tmp_path / "out" / "convergence.png").exists()


def test_one_group_of_one_direction_is_that_direction(evaluated, compare, tmp_path):
    one, two = translated(0.2, 1, ["de-en"]), translated(0.2, 2, ["de-en"])
    evaluated("a", "a", one)
    evaluated("b", "b", two)
    result = compare(tmp_path / "a", tmp_path / "b", "--test", "bs")
    (group,) = result["groups"]
    of_direction = result["directions"]["de-en"]["pairs"][0]["bleu"]
    assert {key: group["pairs"][0]["bleu"][key] for key in of_direction} == of_direction


def test_equal_systems_do_not_differ(evaluated, compare, tmp_path):
    evaluated("a", "a", translated(0.2))
    result = compare(tmp_path / "a", f"again={evaluated('b', 'a', translated(0.2))}")
    for group in result["groups"]:
        (pair,) = group["pairs"]
        assert pair["systems"] == ["a", "again"]
        assert all(pair[m]["p"] == 1 and pair[m]["difference"] == 0 for m in ("bleu", "chrf"))
        assert pair["bleu"]["tied"] == len(group["directions"])


def test_evaluations_of_one_system_make_a_curve_and_logs_too(evaluated, compare, tmp_path):
    evaluated("e/1", "a", translated(0.4), updates=100)
    evaluated("e/2", "a", translated(0.1), updates=900)
    evaluated("e/3", "b", translated(0.2), updates=900)
    log = tmp_path / "a.log"
    log.write_text(
        '2026 | INFO | train_inner | {"wps": "0", "num_updates": "1"}\n'
        '2026 | INFO | train_inner | {"wps": "120.5", "num_updates": "2"}\n'
        '2026 | INFO | valid | {"epoch": 1, "valid_loss": "4.5", "valid_num_updates": "200"}\n'
        "fairseq says something else | {}\n"
    )
    twice = compare(tmp_path / "e", "--logs", f"a={log}", "--logs", f"a={log}")
    assert twice == "error: --logs: a is named twice: give one log of each system"
    short = tmp_path / "b.log"  # fewer updates than --log-interval
    short.write_text('2026 | INFO | train | {"epoch": 1, "train_wps": "80.5"}\n')
    result = compare(tmp_path / "e", "--logs", f"a={log}", "--logs", f"b={short}")
    assert [point["updates"] for point in result["convergence"]["a"]] == [100, 900]
    low, high = (point["into_english"]["bleu"] for point in result["convergence"]["a"])
    assert low < high
    a, b = result["systems"]
    assert (a["name"], a["updates"], a["training_words_per_second"]) == ("a", 900, 120.5)
    assert a["averages"]["into_english"]["bleu"] == pytest.approx(high, abs=1e-3)
    assert b["training_words_per_second"] == 80.5
    assert result["validation_loss"] == {"a": [[200, 4.5]], "b": []}
    assert (tmp_path / "out" / "convergence.png").exists()


def test_directions_that_some_lack_are_left_out_and_said(evaluated, compare, tmp_path):
    a = evaluated("a", "a", translated(0.2))
    b = evaluated("b", "b", translated(0.2, 1, ["de-en", "en-fr"]))
    result = compare(a, b)
    assert list(result["directions"]) == ["de-en", "en-fr"]
    assert any(str(a) in note and "5 directions" in note for note in result["notes"])
    assert not any("no difference can be" in note for note in result["notes"])
    few = compare(a, b, "--samples", "19")["notes"]
    assert any("use --samples 200 or more" in note for note in few)


def test_what_cannot_be_compared_is_named(evaluated, compare, tmp_path):
    a = evaluated("a", "a", translated(0.2))
    other = {**REFERENCES, "en-fr": ["x", *REFERENCES["en-fr"][1:]]}
    line = compare(a, evaluated("b", "b", translated(0.2), references=other))
    assert "references of en-fr" in line and str(tmp_path / "b") in line

    c = evaluated("c", "c", translated(0.1, 1, ["en-de"]))
    d = evaluated("d", "d", translated(0.1, 1, ["de-en"]))
    assert "no direction in common" in compare(c, d)

    record = json.loads((c / "evaluation.json").read_text())
    record["directions"]["en-de"]["signature"]["bleu"] = "nrefs:1|tok:zh"
    (c / "evaluation.json").write_text(json.dumps(record))
    assert "BLEU of en-de is nrefs:1|tok:zh" in compare(a, c)

    (d / "hypotheses" / "de-en.txt").write_text("one line\n")
    line = compare(a, d)
    assert "hypotheses of de-en are 1 lines" in line and "evaluate again" in line

    (tmp_path / "empty").mkdir()
    assert "no evaluation.json there" in compare(a, tmp_path / "empty")
    assert "there is no such path" in compare(a, f"b={tmp_path / 'nowhere'}")
    assert "are both 'a' after 100 updates" in compare(a, evaluated("f", "a", translated(0.1)))
    assert "--baseline z" in compare(a, "--baseline", "z")
    assert "two falling numbers" in compare(a, "--resource-thresholds", "5,6")
    assert "--samples -1" in compare(a, "--samples", "-1")


def test_scores_that_the_translations_do_not_have_are_refused(evaluated, compare, tmp_path):
    a = evaluated("a", "a", translated(0.2))
    record = json.loads((a / "evaluation.json").read_text())
    record["directions"]["de-en"]["bleu"] += 1
    (a / "evaluation.json").write_text(json.dumps(record))
    line = compare(a)
    assert "translations of de-en have BLEU" in line


def test_an_evaluation_that_lacks_something_says_what(evaluated, compare, tmp_path):
    a = evaluated("a", "a", translated(0.2))
    record = json.loads((a / "evaluation.json").read_text())
    del record["system"]["adapter_parameters"]
    del record["directions"]["de-en"]["chrf"]
    (a / "evaluation.json").write_text(json.dumps(record))
    assert "'adapter_parameters' is missing" in compare(a)
    (a / "evaluation.json").write_text("{")
    assert "is no JSON file" in compare(a)
    (a / "evaluation.json").write_text("[1]")
    assert "'directions' or 'cells' is missing" in compare(a)


def test_thresholds_that_cut_into_thirds_are_proposed():
    from hyperadapters.comparison.options import ML50_THRESHOLDS
    from hyperadapters.comparison.resources import thresholds_note

    sizes = {str(n): n for n in range(10, 100, 10)}
    note = thresholds_note(sizes, list(sizes), ML50_THRESHOLDS)
    assert "--resource-thresholds 70,40" in note and "All languages are low-resource" in note
    assert thresholds_note(sizes, list(sizes), (70, 40)) == ""
