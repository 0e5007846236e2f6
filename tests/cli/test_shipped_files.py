"""The pages, configurations and scripts that the package brings, in the clone and in a wheel."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hyperadapters.cli.main import main

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.fixture
def files(capsys):
    """Runs `hyperadapters files`; returns its status, output and errors."""

    def run(*words):
        status = main(["files", *map(str, words)])
        return status, *capsys.readouterr()

    return run


def test_every_file_is_listed_with_a_line_of_what_it_is(files):
    status, listed, _ = files()
    lines = [line.split(maxsplit=1) for line in listed.splitlines()]
    assert status == 0 and all(len(line) == 2 for line in lines)
    names = [name for name, _ in lines]
    assert {"examples/translation/ml50/ml50.yaml", "scripts/train_grid.sh"} < set(names)
    assert [line.split()[0] for line in files("conf")[1].splitlines()] == [
        name for name in names if "/conf/" in name
    ]


def test_a_file_is_printed_by_the_end_of_its_path(files):
    text = (ROOT / "examples/translation/conf/grid.yaml").read_text()
    assert files("conf/grid.yaml")[:2] == files("grid.yaml")[:2] == (0, text)
    assert "did you mean 'grid.yaml'" in files("gird.yaml")[2]
    assert "ml50/README.md: give more of its path" in files("README.md")[2]


def test_copies_do_not_overwrite_what_differs(files, tmp_path):
    copied = tmp_path / "scripts" / "train_grid.sh"
    assert files("scripts", "--copy-to", tmp_path)[0] == 0 and os.access(copied, os.X_OK)
    assert files("scripts", "--copy-to", tmp_path)[0] == 0  # the same once more
    copied.write_text("mine")
    status, _, error = files("scripts", "--copy-to", tmp_path)
    assert status == 2 and f"{copied} would be overwritten" in error
    assert copied.read_text() == "mine"
    assert files("scripts", "--copy-to", tmp_path, "--force")[0] == 0
    assert copied.read_bytes() == (ROOT / "scripts" / "train_grid.sh").read_bytes()
    assert "is an input" in files("scripts", "--copy-to", ROOT, "--force")[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What goes into a wheel, and the metadata of it and of a source distribution."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", folder,
         "build_py", "--build-lib", folder / "wheel"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_a_wheel_has_the_files_and_its_own_types(built, files):
    assert (built / "wheel" / "hyperadapters" / "py.typed").exists()
    listed = subprocess.run(
        [sys.executable, "-m", "hyperadapters", "files"], cwd=built / "wheel",
        env={**os.environ, "PYTHONPATH": str(built / "wheel")}, capture_output=True, text=True,
    )  # fmt: skip
    assert (listed.returncode, listed.stdout) == files()[:2]


def test_a_source_distribution_has_what_the_readme_links_to(built):
    sources = (built / "hyperadapters.egg-info" / "SOURCES.txt").read_text().splitlines()
    links = LINK.findall((ROOT / "README.md").read_text())
    assert links and set(links) <= set(sources)
    assert {"CITATION.cff", "Makefile", "constraints.txt", "tests/conftest.py"} < set(sources)


def test_the_package_index_shows_no_link_that_leads_nowhere(built):
    page = (built / "hyperadapters.egg-info" / "PKG-INFO").read_text()
    assert not LINK.findall(page) and "(`examples/translation/ml50/README.md`)" in page


def test_pages_link_to_files_that_exist():
    for page in [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md")]:
        for link in LINK.findall(page.read_text()):
            assert (page.parent / link).exists(), f"{page}: {link}"
