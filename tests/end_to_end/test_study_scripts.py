"""The scripts of studies: what they train, and their tables and curves."""

import argparse
import json
import os
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tagging_corpus import train_cells, write_corpus
from toy import run_in_process

from hyperadapters.cli.main import main
from hyperadapters.data.reference_distances import write_table
from hyperadapters.support.errors import UserError

SCRIPTS = Path(__file__).parents[2] / "scripts"
SYSTEMS = ("hyper-x", "hyper-x-no-language", "task", "task-like-hyper-x", "cell", "full", "stack")


def run(script, *words, **variables):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        [str(SCRIPTS / script), *map(str, words)], env={**environment, **variables},
        capture_output=True, text=True,
    )  # fmt: skip


def trainings(output):
    """The arguments of the fairseq-train commands, as fairseq reads them."""
    from fairseq import options

    commands = [shlex.split(line) for line in output.splitlines()]
    return [
        options.parse_args_and_arch(options.get_training_parser(), words[1:])
        for words in commands
        if words[0] == "fairseq-train"
    ]


def test_systems_differ_in_adapters_alone():
    found = run(
        "train_tagging.sh", "corpus", "backbone.pt", "out", PRINT="1", SEEDS="1 2",
        CELLS="pos:qaa,ner:qab", TEXT="mlm:qaa,mlm:qab",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    parsed = trainings(found.stdout)
    assert [Path(one.save_dir).name for one in parsed] == [
        f"{system}-{seed}" for seed in (1, 2) for system in (*SYSTEMS[:-1], "language", "stack")
    ]
    names = {Path(one.save_dir).name: one for one in parsed}
    whole, control = vars(names["hyper-x-2"]), vars(names["hyper-x-no-language-2"])
    different = {key for key in control if control[key] != whole.get(key)}
    assert different == {"encoder_adapter_condition", "save_dir"} and set(whole) < set(control)
    assert control["encoder_adapter_condition"] == "task"
    (look_up,) = [line for line in found.stdout.splitlines() if "--look-up" in line]
    assert "--look-up pos:qaa,ner:qab " in look_up and look_up.endswith("--seed 1")
    assert names["stack-2"].init_from == "out/language-2/checkpoint_last.pt"
    assert {one.init_from for name, one in names.items() if "stack" not in name} == {"backbone.pt"}
    assert {name for name, one in names.items() if not hasattr(one, "freeze_backbone")} == {
        "full-1", "full-2",
    }  # fmt: skip
    for setting in ("max_update", "max_tokens", "warmup_updates", "clip_norm"):
        assert len({getattr(one, setting) for one in parsed}) == 1, setting


@pytest.mark.parametrize(
    "words, variables, message",
    [
        (("hyper-y",), {"CELLS": "pos:qaa"}, "'hyper-y' is no system"),
        (("stack",), {"CELLS": "pos:qaa"}, "'stack' needs TEXT"),
        ((), {}, "CELLS is not set"),
        (("task",), {"CELLS": "pos:qaa", "PRINT": ""}, "there is no checkpoint 'backbone.pt'"),
    ],
)
def test_what_cannot_be_trained_is_named(words, variables, message):
    found = run(
        "train_tagging.sh", "corpus", "backbone.pt", "out", *words, **{"PRINT": "1", **variables}
    )
    assert found.returncode == 2 and message in found.stderr + found.stdout


def test_trains_evaluates_compares_and_goes_on(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    backbone = train_cells(
        corpus, tmp_path / "backbone", "--adapter-source", "none", "--max-update", "2",
        "--disable-validation", cells="mlm:qaa",
    )  # fmt: skip
    variables = {
        "CELLS": "pos:qaa,ner:qba", "EVALUATE": "pos:qaa,pos:qab,ner:qba", "SEEDS": "2",
        "UPDATES": "2",
    }  # fmt: skip
    words = ("train_tagging.sh", corpus, backbone, tmp_path / "out", "look-up", "hyper-x")
    found = run(*words, **variables)
    assert found.returncode == 0, found.stderr + found.stdout
    assert "trained cells" in found.stdout and "zero-shot cells" in found.stdout
    assert "| look-up " in found.stdout
    trained = tmp_path / "out" / "hyper-x-2" / "checkpoint_last.pt"
    before = trained.stat().st_mtime_ns
    assert run(*words, **variables).returncode == 0 and trained.stat().st_mtime_ns == before
    found = run(*words, **{**variables, "UPDATES": "3"})
    assert found.returncode != 0 and "was trained with other settings" in found.stderr


def test_few_sentences_start_from_what_they_should(tmp_path):
    (tmp_path / "demo" / "corpus").mkdir(parents=True)
    (tmp_path / "demo" / "corpus" / "corpus.yaml").write_text("tasks: {}\n")
    found = run("few_shot.sh", tmp_path / "demo", tmp_path / "out", PRINT="1", SEEDS="3", SIZES="7")
    assert found.returncode == 0, found.stderr
    parsed = {Path(one.save_dir): one for one in trainings(found.stdout)}
    few = tmp_path / "out" / "few"
    starts = {
        "hyper-x": "hyper-x-3",
        "no-language": "no-language-3",
        "embedding": "hyper-x-3",
        "task": "task-3",
        "stack": "stack-3",
    }
    for system, start in {**starts, "alone": "backbone"}.items():
        one = parsed[few / system / "qca" / "7" / "3"]
        assert one.init_from == str(tmp_path / "out" / start / "checkpoint_last.pt")
        assert one.task_languages == "pos:qca:7,ner:qca:7"
        assert hasattr(one, "train_new_languages_only") == (system == "embedding")
    assert len(parsed) == 1 + 6 + 2 * 6
    conditions = {
        name: getattr(parsed[tmp_path / "out" / f"{name}-3"], "encoder_adapter_condition", None)
        for name in ("hyper-x", "no-language")
    }
    assert conditions == {"hyper-x": None, "no-language": "task"}
    look_ups = [shlex.split(line) for line in found.stdout.splitlines() if "--look-up" in line]
    known = parsed[tmp_path / "out" / "hyper-x-3"].task_languages
    looked_up = {
        (Path(words[words.index("--out") + 1]).parent.name, words[words.index("--look-up") + 1])
        for words in look_ups
    }
    assert looked_up == {("0", known)} | {
        ("7", f"{known},pos:{code}:7,ner:{code}:7") for code in ("qac", "qca")
    }


def test_the_curve_has_mean_and_spread_of_seeds(tmp_path):
    def write(system, size, seed, score):
        folder = tmp_path / "evaluations" / system / "qac" / str(size) / str(seed)
        folder.mkdir(parents=True)
        cells = {"pos:qac": {"score": score}, "ner:qac": {"score": score / 2}}
        (folder / "evaluation.json").write_text(json.dumps({"cells": cells}))

    for system, size, scores in (
        ("hyper-x", 0, (40, 50)),
        ("hyper-x", 10, (60, 64)),
        ("embedding", 10, (50, 50)),
    ):
        for seed, score in enumerate(scores):
            write(system, size, seed, score)
    out = tmp_path / "curve"
    subprocess.run(
        [sys.executable, str(SCRIPTS / "few_shot_curve.py"), str(tmp_path / "evaluations"), "--out", str(out)],
        check=True,
    )  # fmt: skip
    rows = {
        (one["system"], one["task"]): one["scores"]
        for one in json.loads(out.with_suffix(".json").read_text())
    }
    assert rows["hyper-x", "pos"] == {"0": [40, 50], "10": [60, 64]}
    assert rows["embedding", "pos"]["0"] == [40, 50]
    assert "45.0 ± 7.1" in out.with_suffix(".md").read_text()
    assert out.with_suffix(".png").stat().st_size > 1000


def test_sizes_of_generated_lora(tmp_path):
    (tmp_path / "demo" / "bin").mkdir(parents=True)
    systems = ("language", "shared-32", "full-4", "low-16-2", "diagonal-32")
    words = ("lora_sizes.sh", tmp_path / "demo", tmp_path / "out", *systems)
    done = run(*words, PRINT="1", SEEDS="4 5", RATES="0.01")
    assert done.returncode == 0, done.stderr
    backbones, adapters = trainings(done.stdout)[:2], trainings(done.stdout)[2:]
    assert [one.seed for one in backbones] == [4, 5] and {one.seed for one in adapters} == {4}
    names = ("hyper_hidden", "hyper_head_rank", "lora_rank", "lora_diagonal")
    chosen = [[vars(one).get(name) for name in names] for one in adapters]
    assert chosen == [
        [None, None, 8, None], [None, None, 32, None], [4, None, 8, None], [16, 2, 8, None],
        [16, None, 32, True],
    ]  # fmt: skip
    assert run(*words[:3], "what", PRINT="1").returncode == 2


def test_sizes_of_generated_lora_on_cells(tmp_path):
    (tmp_path / "corpus.yaml").write_text("tasks: {}\n")
    words = ("lora_sizes.sh", tmp_path, tmp_path / "out", "full-4", "shared")
    done = run(
        *words,
        PRINT="1",
        SEEDS="4 5",
        RATES="0.01 0.02",
        CELLS="pos:qaa",
        BACKBONE="encoder",
        EXTRA="--cpu",
    )
    assert done.returncode == 0, done.stderr
    parsed = trainings(done.stdout)
    assert [(one.adapter_source, one.lr) for one in parsed] == [
        (source, [lr]) for source in ("hyper", "shared") for lr in (0.01, 0.02)
    ]
    assert all(one.cpu and not one.disable_validation for one in parsed)
    assert "name the cells" in run(*words, PRINT="1").stderr


GRID = """
corpus: CORPUS
backbone: BACKBONE
options: >-
  --arch hyperx_encoder_tiny --encoder-embed-dim 16 --encoder-ffn-embed-dim 16 --encoder-attention-heads 4
  --batch-size 8 --cpu
first: qaa
train: qaa,qab
development: qba
test: qba
seeds: [1]
masks: [none, static, learnt]
trainings: [non-episodic]
policies: [all, nearest]
distances: DISTANCES
first_updates: 4
updates: 4
lr: 0.01
rates: [0.01]
threshold: 0.5
inner: {inner_updates: 1, inner_lr: 0.01, inner_head_lr: 0.01}
support: 4
draws: 2
adaptation_updates: 1
adaptation_rates: [[0.01, 0.01]]
"""


def test_the_grid_of_masks_runs_from_one_configuration(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    with open(corpus / "corpus.yaml", "a") as file:
        file.write('  parse: {files: "pos.{lang}.{split}.conllu", languages: [qaa, qab, qba]}\n')
    size = ("--encoder-attention-heads", "4", "--adapter-source", "none", "--max-update", "2")
    backbone = train_cells(corpus, tmp_path / "backbone", *size, cells="mlm:qaa,mlm:qab,mlm:qba")
    distances = tmp_path / "distances.tsv"
    write_table(
        distances, "a test", ["qaa", "qab", "qba"], np.array([[0, 1, 2], [1, 0, 2.5], [2, 2.5, 0]])
    )
    text = GRID.replace("CORPUS", str(corpus)).replace("BACKBONE", str(backbone))
    text = text.replace("DISTANCES", str(distances))
    (tmp_path / "grid.yaml").write_text(text)
    script = runpy.run_path(str(SCRIPTS / "parsing_grid.py"))
    script["Grid"].read(SCRIPTS.parent / "examples" / "parsing" / "masks_grid.yaml")
    study = script["Study"](script["Grid"].read(tmp_path / "grid.yaml"), tmp_path / "out")
    rows = script["run_study"](study, run_here)
    assert [(row["masks"], row["policy"], row["sentences"]) for row in rows if row["sentences"]] == [
        ("none", "all", 4), ("static", "all", 4), ("static", "nearest", 4), ("learnt", "all", 4),
        ("learnt", "nearest", 4),
    ]  # fmt: skip
    assert all(0 <= row["seeds"][0] <= 100 for row in rows)
    none, _, nearest = (row for row in rows if row["sentences"] and row["masks"] != "learnt")
    assert nearest["difference"]["mean"] == pytest.approx(
        nearest["seeds"][0] - none["seeds"][0], abs=0.01
    )
    assert script["table"](rows).count("learnt") == 4
    assert len(list(study.trials())) == 10
    (tmp_path / "grid.yaml").write_text(text.replace("static", "what"))
    with pytest.raises(UserError, match="masks what: choose from"):
        script["Grid"].read(tmp_path / "grid.yaml")


def run_here(jobs):
    """Runs jobs that are not done one after the other in this process."""
    from fairseq_cli import train

    for job in jobs:
        if not job.is_done():
            program, *words = job.command
            if program == "fairseq-train":
                run_in_process(train.cli_main, program, words)
            else:
                assert main(words) == 0, job.command
            job.marker.parent.mkdir(parents=True, exist_ok=True)
            job.marker.write_text("")


def test_systems_are_compared_at_several_learning_rates(tmp_path):
    (tmp_path / "demo" / "bin").mkdir(parents=True)
    out = tmp_path / "out"
    found = run(
        "learning_rates.sh", tmp_path / "demo", out, PRINT="1", SEEDS="1 2", RATES="0.01 0.02"
    )
    assert found.returncode == 0, found.stderr
    parsed = trainings(found.stdout)
    assert [one.lr for one in parsed] == [[0.004]] * 2 + [[0.01], [0.01], [0.02], [0.02]] * 2
    adapters = [vars(one) for one in parsed[2:6]]
    different = {
        key for one in adapters for key in one if one[key] != adapters[0].get(key, one[key])
    }
    assert different == {"adapter_source", "lr", "save_dir"}
    for seed, loss in ((1, 1.0), (2, 1.5)):
        log = out / "language" / "0.01" / f"{seed}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        figures = json.dumps({"valid_nll_loss": str(loss), "valid_num_updates": "6"})
        log.write_text(f"2026 | INFO | valid | {figures}\n")
    subprocess.run([sys.executable, SCRIPTS / "learning_rate_table.py", out], check=True)
    assert "| language | 1.250 ± 0.354 |" in (out / "learning_rates.md").read_text()


def test_merged_directions_are_compared_on_equal_terms(tmp_path):
    script = runpy.run_path(str(SCRIPTS / "merge_directions.py"))
    args = argparse.Namespace(
        demo=tmp_path, out=tmp_path / "out", seeds="1", rates="0.01", updates=6, backbone_updates=5,
        at_a_time=1,
    )  # fmt: skip
    study = script["DirectionStudy"](args)
    backbone, *adapters = trainings(
        "\n".join(
            shlex.join(["fairseq-train", *job.command[1:]])
            for job in (
                study.backbone(1),
                *(study.adapters("lora", system, "0.01", 1) for system in script["SYSTEMS"]),
            )
        )
    )
    assert all("qaa" in pair.split("-") for pair in backbone.lang_pairs.split(","))
    pair, target, language, hyper = adapters
    assert pair.lang_pairs == language.lang_pairs == hyper.lang_pairs
    assert not set(target.lang_pairs.split(",")) & set(pair.lang_pairs.split(","))
    different = {key for key in vars(pair) if vars(pair)[key] != vars(language).get(key)}
    assert different == {"adapter_source", "save_dir"}
    titles = [title for title, _ in study.evaluations({("lora", "pair"): "lora-pair/0.01"}, 1)]
    assert titles[0] == "backbone" and "lora: random gap" in titles and len(titles) == 8
