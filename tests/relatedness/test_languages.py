"""`hyperadapters languages` on trained checkpoints."""

import json

import numpy as np
import torch

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.relatedness.vectors import vectors_of

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


def test_languages_and_neighbours_that_tell_nothing_are_refused(trained, run, tmp_path):
    def error(*words):
        return run("languages", "--checkpoint", trained(), "--out", tmp_path, *words)

    assert "--neighbours 0: give at least 1" in error("--neighbours", "0")
    for named in ("de,en", "de,en,fr,de"):
        assert f"--languages {named}: name 3 or more, each once" in error("--languages", named)
