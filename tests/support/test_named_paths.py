"""Names and lists of paths that contain what separates them."""

import pytest

from hyperadapters.support.errors import UserError
from hyperadapters.support.named_paths import paths_of, split_name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "lr=0,1").mkdir(parents=True)
    (tmp_path / "0,1").mkdir()


@pytest.mark.parametrize(
    "text,parts",
    [
        ("runs/lr=0,1", ("", "runs/lr=0,1")),
        ("mine=runs/lr=0,1", ("mine", "runs/lr=0,1")),
        ("lr=0,1=runs/lr=0,1", ("lr=0,1", "runs/lr=0,1")),
        ("mine=0,1", ("mine", "0,1")),
    ],
)
def test_a_name_ends_at_the_first_sign_whose_rest_exists(folder, text, parts):
    assert split_name(text) == parts


@pytest.mark.parametrize("text", ["runs/lr=0,2", "mine=", "=runs", "nowhere"])
def test_a_path_that_is_not_there_is_an_error(folder, text):
    with pytest.raises(UserError, match=f"'{text}': there is no such path"):
        split_name(text)


def test_a_path_that_exists_is_not_split_at_commas(folder):
    assert paths_of(["runs/lr=0,1", "a,b,"]) == ["runs/lr=0,1", "a", "b"]
