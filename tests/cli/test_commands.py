"""What all commands have: help, the options that they name, a version."""

import subprocess
import sys

import pytest
from toy import USER_DIR

from hyperadapters import __version__
from hyperadapters.cli.main import COMMANDS, main
from hyperadapters.configuration import ADAPTER_OPTIONS


def test_every_option_is_listed_and_every_command_has_help(capsys):
    assert main(["options"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert all("--" + name.replace("_", "-") in listed for name in ADAPTER_OPTIONS)
    assert "bottleneck dimension of the adapters (default: 128)" in listed
    assert "inside the hypernetwork (default: 0.0)" in listed
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command.__name__.rsplit(".", 1)[1].replace("_", "-"), "--help"])
        assert ended.value.code == 0


def test_the_plug_ins_folder_is_printed(capsys):
    assert main(["user-dir"]) == 0
    assert capsys.readouterr().out.strip() == str(USER_DIR)


def test_the_package_runs_as_a_module_and_tells_its_version_without_fairseq():
    words = [sys.executable, "-X", "importtime", "-m", "hyperadapters", "--version"]
    found = subprocess.run(words, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, f"hyperadapters {__version__}\n")
    assert "hyperadapters.cli" in found.stderr and "fairseq" not in found.stderr
