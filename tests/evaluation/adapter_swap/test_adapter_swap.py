"""Translations with the adapters of another language: the swap test of `hyperadapters languages`."""

import json
import shutil

import numpy as np
import pytest
import torch

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.evaluation.adapter_swap.run import notes_on_choice
from hyperadapters.evaluation.adapter_swap.selection import Swap, chosen_swaps
from hyperadapters.support.errors import UserError

TABLE = "de en 1\nen fr 2\nde fr 3\n"
LANGUAGE = ("--adapter-source", "language")


def translations(out):
    """All translations of a swap test by name."""
    found = {}
    for line in (out / "swap.jsonl").read_text().splitlines():
        for name, row, text in json.loads(line).get("rows", ()):
            found.setdefault(name, {})[row] = text
    return found


def with_adapters_of(checkpoint, path, language, other):
    """A checkpoint in which a language has the adapters of another."""
    state = torch.load(checkpoint, weights_only=True)
    model = state["model"]
    table = "encoder.adapters.embeddings.languages.weight"
    if table in model:
        model[table][language] = model[table][other].clone()
    for name in model:
        for side in ("encoder", "decoder"):
            prefix = f"encoder.adapters.sides.{side}."
            if name.startswith(f"{prefix}{language}."):
                model[name] = model[
                    name.replace(f"{prefix}{language}.", f"{prefix}{other}.")
                ].clone()
    torch.save(state, path)
    return path


@pytest.mark.parametrize("source", [(), LANGUAGE])
def test_a_swap_translates_as_if_the_language_had_those_adapters(
    source, toy, trained, run, tmp_path
):
    checkpoint, de, fr = trained("--max-update", "60", *source), 0, 2
    swap = ("--data", toy / "bin", "--swap", "de:fr", "--beam", "2", "--directions")
    found = run("languages", "--checkpoint", checkpoint, "--out", tmp_path / "swap", *swap,
                "en-de,de-en,en-fr", "--cpu", "--json")  # fmt: skip
    rows = found["swap"]["rows"]
    assert [(row["direction"], row["role"], row["stand_in"], row["kind"]) for row in rows] == [
        ("en-de", "target", "fr", "given"), ("de-en", "source", "fr", "given"),
    ]  # fmt: skip
    changed = with_adapters_of(checkpoint, tmp_path / "changed.pt", de, fr)
    run("languages", "--checkpoint", changed, "--out", tmp_path / "changed", *swap,
        "en-de,de-en,en-fr", "--cpu", "--json")  # fmt: skip
    swapped, own = translations(tmp_path / "swap"), translations(tmp_path / "changed")
    assert set(swapped) == {"en-de", "de-en", "en-de with fr as target", "de-en with fr as source"}
    for row in rows:
        name = f"{row['direction']} with fr as {row['role']}"
        assert len(swapped[name]) == 21 and swapped[name] == own[row["direction"]]
        assert row["loss"]["bleu"] == pytest.approx(row["own"]["bleu"] - row["swapped"]["bleu"])
    means = {mean["role"]: mean for mean in found["swap"]["means"]}
    assert set(means) == {"source", "target"}  # of one swap each
    for row in rows:
        for scores in ("own", "swapped", "loss"):
            assert means[row["role"]][scores] == pytest.approx(row[scores], abs=1e-3)
    assert any(swapped[row["direction"]] != own[row["direction"]] for row in rows)
    assert "| en-de " in (tmp_path / "swap" / "languages.md").read_text()
    assert (tmp_path / "swap" / "swap.png").exists()


def test_an_interrupted_swap_test_goes_on(toy, trained, run, tmp_path, monkeypatch):
    (tmp_path / "known.tsv").write_text(TABLE)
    words = ("languages", "--checkpoint", trained(), "--distances", tmp_path / "known.tsv", "--data",
             toy / "bin", "--swap", "auto", "--beam", "1", "--sentences", "5", "--cpu",
             "--directions", "en-de,en-fr,de-fr", "--json", "--out", tmp_path / "out")  # fmt: skip
    first = run(*words)
    # in a direction of three languages' two, one is left to stand in: no nearest and farthest
    assert first.startswith("error: --swap auto: in none of these --directions")

    words = tuple("de:fr,fr:de" if word == "auto" else word for word in words)
    found = run(*words)
    assert len(found["swap"]["rows"]) == 2 and found["swap"]["chosen_by"] is None
    assert all(len(rows) == 5 for rows in translations(tmp_path / "out").values())

    journal = tmp_path / "out" / "swap.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]))
    assert run(*words) == found and len(journal.read_text().splitlines()) == len(lines)

    from hyperadapters import api

    monkeypatch.setattr(api.Translator, "load", None)  # nothing is left to translate
    assert run(*words) == found


def test_what_cannot_be_swapped_is_named(toy, trained, run, tmp_path):
    def swap(text, *more, checkpoint=None):
        return run("languages", "--checkpoint", checkpoint or trained(), "--out", tmp_path,
                   "--data", toy / "bin", "--swap", text, *more)  # fmt: skip

    assert "unknown language 'xx'" in swap("de:xx")
    assert "write LANGUAGE:OTHER" in swap("de")
    assert "write LANGUAGE:OTHER" in swap("de:de")
    assert "there is none of de" in swap("de:en", "--directions", "en-de")
    assert "--sentences -1" in swap("de:fr", "--sentences", "-1")
    assert "give --distances" in swap("auto", checkpoint=trained(*LANGUAGE))
    assert "--data" in run(
        "languages", "--checkpoint", trained(), "--out", tmp_path, "--swap", "auto"
    )


def test_pair_adapters_stand_in_only_where_they_exist(toy, trained, run, tmp_path):
    checkpoint = shutil.copy(trained("--adapter-source", "pair"), tmp_path / "pair.pt")
    found = run("languages", "--checkpoint", checkpoint, "--out", tmp_path / "out", "--data",
                toy / "bin", "--swap", "de:fr", "--sentences", "3", "--cpu", "--json")  # fmt: skip
    assert [row["direction"] for row in found["swap"]["rows"]] == ["en-de", "de-en"]


def test_auto_takes_the_nearest_and_the_farthest_but_not_the_other_language():
    codes = ["en", "a", "b", "c", "d"]
    distances = np.array(
        [[0, 1, 2, 3, 4], [1, 0, 2, 5, 3], [2, 2, 0, 1, 1], [3, 5, 1, 0, 1], [4, 3, 1, 1, 0]]
    )
    swaps = chosen_swaps(codes, distances, ["a-en", "a-b"], "en", lambda direction: True)
    assert swaps == [
        Swap("a-en", "source", "b", "nearest", 2), Swap("a-en", "source", "c", "farthest", 5),
        Swap("a-b", "source", "en", "nearest", 1), Swap("a-b", "source", "c", "farthest", 5),
        Swap("a-b", "target", "c", "nearest", 1), Swap("a-b", "target", "en", "farthest", 2),
    ]  # fmt: skip
    assert [swap.adapters for swap in swaps[:3]] == ["b-en", "c-en", "en-b"]
    assert not any("Not tested" in note for note in notes_on_choice(swaps, ["a-en", "a-b"], "en"))
    *_, note = notes_on_choice(swaps, ["a-en", "a-b", "c-en"], "en")
    assert "can stand in: c-en (source)." in note
    assert chosen_swaps(codes, distances, ["a-en"], "en", lambda d: d != "b-en")[0].stand_in == "d"
    with pytest.raises(UserError):
        Checkpoint("nowhere.pt").require_adapters()
