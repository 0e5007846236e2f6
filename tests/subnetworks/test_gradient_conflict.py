"""Cosines of the gradients of languages."""

import json

import numpy as np
import pytest
import torch
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.cli.main import main
from hyperadapters.data.reference_distances import write_table
from hyperadapters.evaluation.examples import Choice, open_examples
from hyperadapters.evaluation.gradient_conflict import gradient_conflict
from hyperadapters.evaluation.head_masking import masked_heads
from hyperadapters.subnetworks.masks import HeadMasks

PLACE = "encoder.self_attn.heads"
CODES = ("qaa", "qba")
CELLS = "pos:qaa,pos:qba"


@pytest.fixture(scope="module")
def checkpoint(tagging, tmp_path_factory):
    return train_cells(
        tagging, tmp_path_factory.mktemp("conflict"), "--adapter-source", "none", "--max-update", "5",
        "--encoder-attention-heads", "4", cells=CELLS,
    )  # fmt: skip


MASKS = {
    "qaa": torch.tensor([[1, 1, 0, 0], [1, 0, 1, 1]]).bool(),
    "qba": torch.tensor([[1, 0, 1, 0], [1, 1, 1, 0]]).bool(),
}


def cosine(first, second):
    return float(torch.nn.functional.cosine_similarity(first, second, dim=0))


def gradients(checkpoint, tagging, masked):
    """By language the gradient of each parameter of the sum of the losses of its sentences."""
    model, examples = open_examples(Checkpoint(checkpoint), Choice(str(tagging), CELLS, cpu=True))
    by_language = {}
    for each in examples:
        model.zero_grad()
        language = each.languages["encoder"]
        with masked_heads(model, {PLACE: MASKS[language]} if masked else {}):
            sum(loss * count for loss, count in each.losses()).backward()
        by_language[language] = {
            name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None
        }
    return by_language


def test_without_masks_it_is_the_cosine_of_whole_gradients(checkpoint, tagging):
    result = gradient_conflict(str(checkpoint), Choice(str(tagging), CELLS, cpu=True))
    first, second = (
        torch.cat([gradient.flatten() for gradient in of_language.values()])
        for of_language in gradients(checkpoint, tagging, masked=False).values()
    )
    assert result["names"] == list(CODES)
    cosines = result["cosines"]
    assert cosines["all"][0][1] == pytest.approx(cosine(first, second), abs=1e-5)
    assert cosines["both use"] == cosines["all"]
    assert cosines["all"][0][0] == pytest.approx(1, abs=1e-5)


def test_parts_of_heads_that_one_does_not_use_do_not_count(checkpoint, tagging):
    masks = HeadMasks({PLACE: (2, 4)}, {code: {PLACE: mask} for code, mask in MASKS.items()})
    choice = Choice(str(tagging), CELLS, cpu=True)
    cosines = gradient_conflict(str(checkpoint), choice, masks)["cosines"]
    by_language = gradients(checkpoint, tagging, masked=True)
    used = MASKS["qaa"] & MASKS["qba"]
    parts = {code: ([], []) for code in CODES}  # of heads, of the rest
    for code, of_language in by_language.items():
        for name, gradient in of_language.items():
            layer = int(name.split(".")[2]) if ".self_attn." in name else None
            if layer is None or name.endswith("out_proj.bias"):
                parts[code][1].append(gradient.flatten())
                continue
            width = gradient.shape[-1] if name.endswith("out_proj.weight") else len(gradient)
            rows = used[layer].repeat_interleave(width // 4)
            kept = gradient[:, rows] if name.endswith("out_proj.weight") else gradient[rows]
            parts[code][0].append(kept.flatten())
    heads = [torch.cat(parts[code][0]) for code in CODES]
    both = [torch.cat([*parts[code][0], *parts[code][1]]) for code in CODES]
    assert cosines["heads"][0][1] == pytest.approx(cosine(*heads), abs=1e-5)
    assert cosines["both use"][0][1] == pytest.approx(cosine(*both), abs=1e-5)
    assert cosines["all"][0][1] != pytest.approx(cosine(*both), abs=1e-5)


def test_the_command_writes_and_tests_against_distances(checkpoint, tagging, tmp_path, run):
    codes = ["qaa", "qab", "qba"]
    distances = np.array([[0, 1, 2], [1, 0, 2], [2, 2, 0]], dtype=float)
    write_table(tmp_path / "d.tsv", "a test", codes, distances)
    words = (
        "subnetworks", "conflict", "--checkpoint", checkpoint, "--data", tagging, "--cpu", "--json",
        "--cells", "pos:qaa,pos:qab,pos:qba", "--out", tmp_path / "out",
    )  # fmt: skip
    result = run(*words, "--distances", tmp_path / "d.tsv", "--sentences", "4")
    assert -1 <= result["agreement"]["correlation"] <= 1
    assert result["sentences"] == dict.fromkeys(codes, 4)
    written = json.loads((tmp_path / "out" / "conflict.json").read_text())
    assert written["cosines"] == result["cosines"]
    assert (tmp_path / "out" / "conflict.png").stat().st_size > 1000
    words = ("subnetworks", "conflict", "--checkpoint", checkpoint, "--data", tagging, "--cpu")
    error = run(*words, "--cells", "pos:qaa", "--out", tmp_path / "out")
    assert "two languages" in error


def test_frozen_attention_has_no_cosine_of_heads(tagging, tmp_path, run, capsys):
    frozen = ("--freeze-backbone", "--adapter-source", "language", "--max-update", "5")
    start = train_cells(tagging, tmp_path / "first", "--adapter-source", "none", cells=CELLS)
    checkpoint = train_cells(
        tagging, tmp_path / "on", "--init-from", str(start), *frozen, cells=CELLS
    )
    words = (
        "subnetworks", "conflict", "--checkpoint", checkpoint, "--data", tagging, "--cpu", "--out", tmp_path,
        "--cells", CELLS,
    )  # fmt: skip
    cosines = run(*words, "--json")["cosines"]
    assert cosines["heads"] == [[None, None], [None, None]] and cosines["all"][0][
        0
    ] == pytest.approx(1)
    assert "NaN" not in (tmp_path / "conflict.json").read_text()
    assert main(list(map(str, words))) == 0 and "heads" in capsys.readouterr().out
