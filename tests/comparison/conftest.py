"""Runs `hyperadapters compare`."""

import json

import pytest

from hyperadapters.cli.main import main


@pytest.fixture
def compare(tmp_path, capsys):
    """Runs the command; returns its JSON, or its one line of error."""

    def call(*words):
        capsys.readouterr()
        settings = ("--out", str(tmp_path / "out"), "--json", "--samples", "60")
        failed = main(["compare", *settings, *map(str, words)])
        printed = capsys.readouterr()
        if failed:
            *_, line = printed.err.strip().splitlines()
            assert failed == 2 and line.startswith("error: ")
            assert not (tmp_path / "out" / "comparison.json").exists()
            return line
        assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == json.loads(
            printed.out
        )
        return json.loads(printed.out)

    return call
