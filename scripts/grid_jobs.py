#!/usr/bin/env python3
"""The jobs of train_grid.sh: examples/translation/conf as fairseq-train commands for `run-jobs`."""

import argparse
import os
import re
import shlex
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATIONS = ROOT / "examples" / "translation" / "conf"


def configuration(system: str, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The settings of a system by group."""
    hyper = re.fullmatch(r"hyper-(\d+)(-no-rescale)?", system)
    choices = [f"scale={options.scale}", f"system={'hyper' if hyper else system}"]
    if hyper:
        choices += [f"model.hyper_hidden={hyper[1]}", f"+model.hyper_no_rescale={bool(hyper[2])}"]
    config = compose("grid", choices)
    changes = {
        "common.user_dir": options.user_dir,
        "task.data": options.prepared / "bin",
        "task.lang_pairs": options.prepared / "directions.txt",
        "checkpoint.save_dir": options.out / system,
    }
    if "init_from" in config.model:
        changes["model.init_from"] = options.out / "backbone" / "checkpoint_best.pt"
    updates = os.environ.get("UPDATES" if system == "backbone" else "ADAPTER_UPDATES")
    if updates:
        changes["optimization.max_update"] = updates
    for key, value in changes.items():
        OmegaConf.update(config, key, str(value))
    return OmegaConf.to_container(config, resolve=True)


def command_line(config: dict[str, dict[str, Any]]) -> list[str]:
    """A configuration as the words of a fairseq-train command."""
    words = ["fairseq-train", config["task"].pop("data")]
    for group, settings in config.items():
        for key, value in settings.items():
            name = {"model": "arch"}.get(group, group) if key == "_name" else key
            if value is not None and value is not False:
                words.append(f"--{name.replace('_', '-')}")
                words += [] if value is True else [text(value)]
    return words


def text(value: Any) -> str:
    """A value as an option takes it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def job(system: str, options: argparse.Namespace) -> str:
    """The line of a system's job."""
    folder = options.out / system
    settings = [f"name={system}", f"log={folder}.log", f"marker={folder}/finished"]
    if system != "backbone":
        settings.append("after=backbone")
    elif options.systems != ["backbone"]:
        settings.append("any_settings=yes")
    command = command_line(configuration(system, options))
    return shlex.join([*settings, *command, *shlex.split(os.environ.get("EXTRA", ""))])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("user_dir", "prepared", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("scale")
    parser.add_argument("systems", nargs="+")
    options = parser.parse_args()
    if not CONFIGURATIONS.is_dir():
        parser.error(f"no folder {CONFIGURATIONS}: run hyperadapters files conf --copy-to '{ROOT}'")
    with initialize_config_dir(str(CONFIGURATIONS), version_base="1.1"):
        for system in dict.fromkeys(["backbone", *options.systems]):
            print(job(system, options))
