"""The grid's script and its fairseq-hydra-train configurations are the same trainings."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

ROOT = Path(__file__).parents[2]
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where the command hyperadapters is
SYSTEMS = {
    "base": ["backbone", "language", "pair", "shared", "hyper-102", "hyper-612-no-rescale"],
    "small": ["backbone", "backbone-continued", "hyper-15"],
}


PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def run_script(*words, root=ROOT, **variables):
    return subprocess.run(
        [str(root / "scripts" / "train_grid.sh"), *words],
        env={**os.environ, "PATH": PATH, **variables}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def prepared(tmp_path):
    (tmp_path / "directions.txt").write_text("de-en,en-de\n")
    return tmp_path


def from_command_line(words):
    """The configuration of a fairseq-train command."""
    from fairseq import options
    from fairseq.dataclass.utils import convert_namespace_to_omegaconf

    args = options.parse_args_and_arch(options.get_training_parser(), words[1:])
    return OmegaConf.to_container(convert_namespace_to_omegaconf(args), resolve=True)


def from_hydra(prepared, system, scale):
    """The configuration of the corresponding fairseq-hydra-train command."""
    from fairseq.dataclass.initialize import add_defaults, hydra_init

    own = [f"system={system}"]
    if system == "hyper-15":
        own = ["system=hyper", "model.hyper_hidden=15"]
    if scale == "small" and system != "backbone":
        own.append("optimization.max_update=4000")
    hydra_init("grid")
    with initialize_config_dir(str(ROOT / "examples" / "translation" / "conf"), version_base="1.1"):
        config = compose(
            "grid",
            [
                f"common.user_dir={ROOT / 'hyperadapters'}", f"task.data={prepared}/bin",
                f"task.lang_pairs={prepared}/directions.txt", f"scale={scale}", *own,
            ],
        )  # fmt: skip
    add_defaults(config)
    return OmegaConf.to_container(config, resolve=True, enum_to_str=True)


def leaves(value, prefix=""):
    """The settings by their whole names; those of scoring are for generation only."""
    if isinstance(value, dict):
        return {
            k: v
            for key in value
            for k, v in leaves(value[key], f"{prefix}.{key}").items()
            if key != "scoring"
        }
    return {prefix[1:]: value}


@pytest.mark.parametrize("scale", SYSTEMS)
def test_script_and_configurations_train_the_same(scale, prepared):
    result = run_script(str(prepared), "grid", *SYSTEMS[scale][1:], SCALE=scale, PRINT="1")
    assert result.returncode == 0, result.stderr
    commands = [shlex.split(line) for line in result.stdout.splitlines()]
    assert len(commands) == len(SYSTEMS[scale])
    for command, system in zip(commands, SYSTEMS[scale]):
        wanted, found = (
            leaves(from_command_line(command)),
            leaves(from_hydra(prepared, system, scale)),
        )
        assert wanted.keys() == found.keys(), system
        assert [key for key in wanted if wanted[key] != found[key]] == [], system


def test_every_system_is_a_slurm_job_that_waits_for_the_backbone(prepared, tmp_path):
    """A script that runs each job at once stands in for `sbatch`."""
    log, jobs = tmp_path / "log", tmp_path / "jobs"
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(
        f'#!/bin/sh\necho "$@" >>{log}; for word; do :; done\nsh -c "$word" >>{jobs}\necho "7;cluster"\n'
    )
    sbatch.chmod(0o755)
    systems = ("hyper-15", "language")
    options = {"PRINT": "1", "SCALE": "small"}
    found = run_script(
        str(prepared), "the grid", *systems, SLURM="--gpus 1 --time 2-0",
        **options, PATH=f"{tmp_path}:{PATH}",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.split("\n")[:2] == ["backbone: job 7;cluster", "hyper-15: job 7;cluster"]
    lines = log.read_text().splitlines()
    assert [line.split(" --wrap")[0] for line in lines] == [
        "--parsable --gpus 1 --time 2-0 --job-name grid-backbone",
        *(
            f"--parsable --gpus 1 --time 2-0 --dependency=afterok:7 --job-name grid-{one}"
            for one in systems
        ),
    ]
    here = run_script(str(prepared), "the grid", *systems, **options).stdout.splitlines()
    submitted = jobs.read_text().splitlines()
    assert here == [submitted[0], submitted[2], submitted[4]]


@pytest.fixture
def stand_in(tmp_path):
    """A program in place of fairseq-train that notes its GPUs and arguments, and where it stands."""
    log, folder = tmp_path / "log", tmp_path / "programs"
    folder.mkdir()
    program = folder / "fairseq-train"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"note = [os.environ.get('CUDA_VISIBLE_DEVICES'), *sys.argv[1:]]\n"
        f"print(json.dumps(note), file=open({str(log)!r}, 'a'))\n"
    )
    program.chmod(0o755)
    # the script puts the environment of its clone first, so it runs from a place without one
    for part in ("scripts", "examples/translation/conf"):
        shutil.copytree(ROOT / part, tmp_path / "clone" / part)

    def run(*words, **variables):
        found = run_script(*words, root=tmp_path / "clone", PATH=f"{folder}:{PATH}", **variables)
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return found, [json.loads(line) for line in lines]

    return run


def test_the_backbone_trains_on_the_first_gpu_and_every_system_on_one(prepared, stand_in):
    found, calls = stand_in(str(prepared), str(prepared / "a grid"), "language", "pair", GPUS="2,3")
    assert found.returncode == 0, found.stderr
    assert sorted(call[0] for call in calls) == ["2", "2", "3"] and calls[0][0] == "2"
    starts = [call[call.index("--init-from") + 1] for call in calls[1:]]
    assert starts == [str(prepared / "a grid" / "backbone" / "checkpoint_best.pt")] * 2


def test_a_finished_system_is_kept_and_other_settings_are_refused(prepared, stand_in):
    words = (str(prepared), str(prepared / "grid"), "language")
    assert len(stand_in(*words)[1]) == 2
    found, calls = stand_in(*words)
    assert calls == [] and found.returncode == 0 and "language: finished before" in found.stdout
    found, calls = stand_in(*words, UPDATES="60", ADAPTER_UPDATES="70")
    assert calls == [] and found.returncode == 1
    assert "backbone: finished before with other settings" in found.stdout
    assert "error: language was trained with other settings" in found.stderr
    (prepared / "grid" / "language" / "finished").unlink()
    assert "70" in stand_in(*words, ADAPTER_UPDATES="70")[1][0]


@pytest.mark.parametrize("variables", [{"JOBS": "0"}, {"JOBS": "some"}, {"GPUS": "0 1"}])
def test_unusable_variables_are_named_before_anything_is_trained(prepared, stand_in, variables):
    found, calls = stand_in(str(prepared), str(prepared / "grid"), "language", **variables)
    assert found.returncode == 2 and calls == []
    assert f"error: {next(iter(variables))}=" in found.stderr


def test_what_the_script_cannot_train_is_named(prepared, tmp_path):
    result = run_script(str(prepared), str(tmp_path / "out"), "hyper-x")
    assert result.returncode == 2 and "'hyper-x' is no system" in result.stderr
    result = run_script(str(tmp_path / "none"), str(tmp_path / "out"))
    assert result.returncode == 2 and "has no directions.txt" in result.stderr
