"""`hyperadapters languages` on trained checkpoints."""

import json
import shutil

import numpy as np
import pytest
import torch

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.evaluation.adapter_swap.run import notes_on_choice
from hyperadapters.evaluation.adapter_swap.selection import Swap, chosen_swaps
from hyperadapters.relatedness.vectors import vectors_of
from hyperadapters.support.errors import UserError

TABLE = "de en 1\nen fr 2\nde fr 3\n"
LANGUAGE = ("--adapter-source", "language")


def test_adapters_are_those_that_translate(trained):
    opened = Checkpoint(str(trained()))
    found = {vectors.title: vectors for vectors in vectors_of(opened)}
    assert list(found) == ["language embeddings", "encoder adapters", "decoder adapters"]

    def stored(side, direction):
        tensors = opened.adapter_set(direction).tensors.items()
        of_side = [tensor for name, tensor in tensors if name.startswith(side)]
        values = [tensor[site].flatten() for site in range(2) for tensor in of_side]
        return torch.cat(values).detach().numpy()

    de, en, fr = range(3)
    decoder, encoder = found["decoder adapters"], found["encoder adapters"]
    assert decoder.codes == encoder.codes == ("de", "en", "fr")
    assert np.allclose(decoder.values[de], stored("decoder", "en-de"), atol=1e-6)
    assert np.allclose(encoder.values[de], stored("encoder", "de-en"), atol=1e-6)
    both = (stored("encoder", "en-de") + stored("encoder", "en-fr")) / 2
    assert np.allclose(encoder.values[en], both, atol=1e-6)
    table = opened.adapter_tensors()["embeddings.languages.weight"].numpy()
    assert np.array_equal(found["language embeddings"].values, table)


def test_a_language_counts_in_the_roles_that_were_trained(toy, tmp_path, trained):
    state = torch.load(trained("--hyper-untied"), weights_only=True)
    state["cfg"]["model"]["directions"] = "de-en,fr-en,en-fr"
    torch.save(state, tmp_path / "c.pt")
    opened = Checkpoint(str(tmp_path / "c.pt"))
    found = {vectors.title: vectors.codes for vectors in vectors_of(opened)}
    # only two languages are targets, too few to relate
    assert found == {
        "source embeddings": ("de", "en", "fr"), "encoder adapters": ("de", "en", "fr"),
    }  # fmt: skip


def test_the_command_writes_a_page_data_and_figures(trained, run, tmp_path):
    (tmp_path / "known.tsv").write_text(TABLE)
    out = tmp_path / "out"
    found = run("languages", "--checkpoint", trained(), "--distances", tmp_path / "known.tsv",
                "--out", out, "--neighbours", "2", "--json")  # fmt: skip
    assert found == json.loads((out / "languages.json").read_text())
    assert found["reference"] == "known.tsv"
    assert found["nearest_in_reference"] == {"de": ["en"], "en": ["de"], "fr": ["en"]}
    for part in found["sets"]:
        distances = np.array(part["distances"])
        assert distances.shape == (3, 3) and np.array_equal(distances, distances.T)
        de = part["neighbours"]["de"]
        assert [d for _, d in de] == sorted(d for _, d in de) and len(de) == 2
        assert 0 < part["mantel"]["p"] <= 1
    page = (out / "languages.md").read_text()
    for name in ("dendrogram.png", "map.png"):
        assert f"({name})" in page and (out / name).read_bytes().startswith(b"\x89PNG")


def test_stored_adapters_come_with_a_warning_and_shared_ones_are_refused(trained, run, tmp_path):
    found = run("languages", "--checkpoint", trained(*LANGUAGE), "--out", tmp_path, "--json")
    assert [part["title"] for part in found["sets"]] == ["encoder adapters", "decoder adapters"]
    assert "stored, not generated" in found["notes"][0] and found["reference"] is None
    line = run(
        "languages", "--checkpoint", trained("--adapter-source", "shared"), "--out", tmp_path
    )
    assert "nothing to relate" in line and "shared" in line
    line = run("languages", "--checkpoint", trained(), "--out", tmp_path, "--languages", "de,xx")
    assert "unknown language 'xx'" in line
    line = run("languages", "--checkpoint", trained(), "--out", tmp_path, "--languages", "de,en")
    assert "name 3 or more" in line


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


def test_languages_and_neighbours_that_tell_nothing_are_refused(trained, run, tmp_path):
    def error(*words):
        return run("languages", "--checkpoint", trained(), "--out", tmp_path, *words)

    assert "--neighbours 0: give at least 1" in error("--neighbours", "0")
    for named in ("de,en", "de,en,fr,de"):
        assert f"--languages {named}: name 3 or more, each once" in error("--languages", named)
