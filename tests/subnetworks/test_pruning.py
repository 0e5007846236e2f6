"""Pruning of attention heads, the controls of its masks, and the command on a trained model."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.data.reference_distances import write_table
from hyperadapters.evaluation.examples import Choice, open_examples
from hyperadapters.evaluation.head_masking import head_importance, masked_heads, places_of_model
from hyperadapters.evaluation.subnetworks import Search, with_nearest
from hyperadapters.subnetworks.masks import HeadMasks
from hyperadapters.subnetworks.pruning import (
    Pruning,
    combine,
    count,
    most_used,
    prune,
    shared,
    shuffled,
)
from hyperadapters.support.errors import UserError

PLACE = "encoder.self_attn.heads"
OTHER = "decoder.cross_attn.heads"


def importances(*rows):
    values = {PLACE: torch.tensor(rows)}
    return lambda mask: values


def test_the_least_important_heads_of_layers_go_first():
    # layer 0 has larger values throughout: they count against those of their layer alone
    importance = importances([9.0, 1.0, 8.0, 7.0], [0.4, 0.5, 0.6, 0.1])
    mask, steps = prune(
        {PLACE: (2, 4)}, importance, lambda mask: float(count(mask)), Pruning(0.25, 0.75)
    )
    assert mask[PLACE].tolist() == [[True, False, True, True], [True, True, True, False]]
    assert [(step.used, step.score) for step in steps] == [(8, 8.0), (6, 6.0), (4, 4.0)]


def test_a_threshold_that_nothing_meets_keeps_all_heads():
    whole = {PLACE: (2, 2)}
    mask, _ = prune(
        whole, importances([1.0, 2.0], [1.0, 2.0]), lambda m: float(count(m) == 4), Pruning()
    )
    assert count(mask) == 4


@pytest.mark.parametrize("name", ["step", "threshold", "kept"])
def test_shares_are_shares(name):
    with pytest.raises(UserError, match=f"--{name} 1.5: give a share"):
        Pruning(**{name: 1.5})


@given(st.integers(1, 3), st.integers(2, 5), st.sampled_from([0.2, 0.5, 0.8]), st.randoms())
def test_a_share_is_kept_on_each_side(layers, heads, kept, random):
    places = {PLACE: (layers, heads), OTHER: (layers + 1, heads)}
    values = {
        place: torch.tensor([[random.random() for _ in range(n)] for _ in range(m)])
        for place, (m, n) in places.items()
    }
    mask, _ = prune(places, lambda mask: values, lambda mask: 0.0, Pruning(0.1, kept=kept))
    for place, (m, n) in places.items():
        assert int(mask[place].sum()) == max(1, round(kept * m * n))


def masks():
    draw = torch.Generator().manual_seed(3)
    return HeadMasks(
        {PLACE: (3, 6), OTHER: (2, 4)},
        {
            code: {
                PLACE: torch.rand(3, 6, generator=draw) < 0.6,
                OTHER: torch.rand(2, 4, generator=draw) < 0.5,
            }
            for code in "abc"
        },
    )


def test_random_masks_have_as_many_heads_in_every_layer():
    original = masks()
    control = shuffled(original, 1)
    for code, by_place in original.masks.items():
        for place, mask in by_place.items():
            assert control.masks[code][place].sum(1).tolist() == mask.sum(1).tolist()
    assert any(not torch.equal(original.flat(code), control.flat(code)) for code in "abc")
    assert torch.equal(control.flat("a"), shuffled(original, 1).flat("a"))
    assert not torch.equal(control.flat("a"), shuffled(original, 2).flat("a"))


def test_the_shared_mask_has_what_most_languages_have():
    original = masks()
    common = shared(original)
    assert common.overlap("a", "b") == common.overlap("a", "c") == 1
    for place in (PLACE, OTHER):
        sums = torch.stack([by_place[place] for by_place in original.masks.values()]).float().sum(0)
        used = common.masks["a"][place]
        assert int(used.sum()) == round(float(sums.sum()) / 3)
        assert sums[used].min() >= sums[~used].max()


def test_models_vote():
    masks_of_models = [{PLACE: torch.tensor([[a, b, c]])} for a, b, c in
                       ((True, True, False), (True, False, False), (True, True, False))]  # fmt: skip
    assert combine(masks_of_models, 0.5)[PLACE].tolist() == [[True, True, False]]
    assert combine(masks_of_models, 1)[PLACE].tolist() == [[True, False, False]]
    assert most_used(masks_of_models)[PLACE].tolist() == [[True, True, False]]


def test_models_that_keep_a_share_vote_for_masks_of_that_size():
    rows = ([True, True, False, False], [True, False, True, False], [True, False, False, True])
    masks_of_models = [{PLACE: torch.tensor([row])} for row in rows]
    search = Search(Choice(""), Pruning(kept=0.5))
    assert int(search.combine(masks_of_models)[PLACE].sum()) == 2
    assert int(Search(Choice("")).combine(masks_of_models)[PLACE].sum()) == 1
    with pytest.raises(UserError, match="--share 2"):
        Search(Choice(""), share=2)


@pytest.fixture(scope="module")
def checkpoint(tagging, tmp_path_factory):
    return train_cells(
        tagging, tmp_path_factory.mktemp("heads"), "--adapter-source", "none", "--max-update", "40",
        "--encoder-attention-heads", "4", cells="pos:qaa,pos:qba",
    )  # fmt: skip


def test_importance_is_the_slope_of_the_loss(tagging, checkpoint):
    choice = Choice(str(tagging), "pos:qaa", sentences=5, cpu=True)
    model, examples = open_examples(Checkpoint(checkpoint), choice)
    model.double()
    places = places_of_model(model)
    ones = {place: torch.ones(sizes) for place, sizes in places.items()}
    importance = head_importance(model, examples, ones)[PLACE]

    def loss(mask):
        with torch.no_grad(), masked_heads(model, {PLACE: mask}):
            ((scores, gold, _),) = examples[0].outputs()
            assert scores.dtype == torch.double  # the task's own loss is in single precision
            return torch.nn.functional.cross_entropy(scores, gold).item()

    step = 1e-5
    for layer, head in ((0, 0), (1, 3)):
        sides = []
        for sign in (1, -1):
            mask = torch.ones(places[PLACE], dtype=torch.double)
            mask[layer, head] += sign * step
            sides.append(loss(mask))
        slope = abs(sides[0] - sides[1]) / (2 * step)
        assert importance[layer, head].item() == pytest.approx(slope, rel=1e-2, abs=1e-6)


def test_a_decoder_that_serves_other_cells_is_left_out(tagging, tmp_path, run):
    checkpoint = train_cells(
        tagging, tmp_path / "save", "--adapter-source", "none", "--max-update", "4",
        cells="pos:qaa,translation:qaa-qab",
    )  # fmt: skip
    words = (
        "subnetworks",
        "find",
        "--checkpoint",
        checkpoint,
        "--data",
        tagging,
        "--cpu",
        "--json",
    )
    result = run(*words, "--kept", "0.5", "--cells", "pos:qaa", "--out", tmp_path / "out")
    assert list(result["places"]) == [PLACE]
    result = run(*words, "--kept", "0.5", "--cells", "translation:qaa-qab", "--out", tmp_path / "d")
    sides = {(row["language"], row["side"]) for row in result["pruned"]}
    assert sides == {("qaa", "encoder"), ("qab", "decoder")}


def test_masks_are_found_written_and_trained_with(tagging, checkpoint, tmp_path, run, capsys):
    out = tmp_path / "out"
    words = (
        "subnetworks",
        "find",
        "--checkpoint",
        checkpoint,
        "--data",
        tagging,
        "--out",
        out,
        "--cpu",
    )
    result = run(*words, "--kept", "0.5", "--json")
    masks = HeadMasks.read(out / "masks.json")
    assert [int(masks.flat(code).sum()) for code in ("qaa", "qba")] == [4, 4]
    assert {row["language"]: row["used"] for row in result["pruned"]} == {"qaa": 4, "qba": 4}
    assert (out / "masks.png").stat().st_size > 1000
    capsys.readouterr()
    assert run(*words, "--kept", "0.5", "--json") == result  # nothing is pruned again
    assert "== qaa" not in capsys.readouterr().err
    run("subnetworks", "random", out / "masks.json", "--out", out / "random.json", "--json")
    assert HeadMasks.read(out / "random.json").origin["random"] == 1
    train_cells(
        tagging, tmp_path / "save", "--encoder-attention-heads", "4", "--max-update", "2",
        "--adapter-kind", "head_mask", "--adapter-source", "language",
        "--head-masks", str(out / "masks.json"), "--head-mask-kept", "0.5",
        "--encoder-adapter-condition", "src", cells="pos:qaa,pos:qba",
    )  # fmt: skip
    assert json.loads((out / "masks.json").read_text())["origin"]["pruning"]["kept"] == 0.5


def test_a_language_without_a_mask_gets_its_nearest_languages(tmp_path, run):
    original = masks()
    original.write(tmp_path / "masks.json")
    distances = np.array([[0, 1, 2, 3], [1, 0, 2, 1], [2, 2, 0, 2], [3, 1, 2, 0]], dtype=float)
    write_table(tmp_path / "d.tsv", "a test", ["a", "b", "c", "x"], distances)
    words = (
        "subnetworks",
        "nearest",
        tmp_path / "masks.json",
        "--distances",
        tmp_path / "d.tsv",
        "--json",
    )
    run(*words, "--languages", "x", "--out", tmp_path / "all.json")
    everything = HeadMasks.read(tmp_path / "all.json")
    assert everything.overlap("x", "b") == 1 and everything.origin["nearest"] == {"x": "b"}
    with pytest.raises(UserError, match="it has a mask"):
        with_nearest(original, ["a"], str(tmp_path / "d.tsv"))
