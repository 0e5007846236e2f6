"""Head masks of translation models: found, put onto a checkpoint, read from it."""

import pytest
import torch
from fairseq.criterions.cross_entropy import CrossEntropyCriterion
from toy import loaded_task

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.checkpoints.export.head_masks import apply_head_masks, extract_head_masks
from hyperadapters.evaluation.examples import Choice, open_examples
from hyperadapters.evaluation.head_masking import masked_heads, places_of_model
from hyperadapters.subnetworks.masks import HeadMasks
from hyperadapters.support.errors import UserError

SOURCES = {
    "no adapters": ("--adapter-source", "none"),
    "language adapters": ("--adapter-source", "language"),
    "two kinds": ("--adapter-source", "hyper", "--extra-adapters", "lora:language"),
}


def examples_of(path, toy, **changes):
    return open_examples(Checkpoint(path), Choice(str(toy / "bin"), cpu=True, **changes))


@pytest.fixture(scope="module")
def masks(toy, trained):
    model, _ = examples_of(trained(*SOURCES["language adapters"]), toy)
    draw = torch.Generator().manual_seed(1)
    places = places_of_model(model)
    return HeadMasks(
        places,
        {
            code: {
                place: torch.rand(sizes, generator=draw) < 0.5 for place, sizes in places.items()
            }
            for code in ("de", "en")
        },
    )


def test_teacher_forcing_is_that_of_training(toy, trained, tmp_path):
    """The loss of all directions is what fairseq validates with."""
    model, examples = examples_of(trained(), toy)
    task = loaded_task(toy, tmp_path)
    criterion = CrossEntropyCriterion(task, sentence_avg=False)
    batches = task.get_batch_iterator(task.dataset("valid"), max_tokens=300).next_epoch_itr()
    validated = [task.valid_step(batch, model, criterion)[2] for batch in batches]
    loss = sum(
        torch.nn.functional.cross_entropy(scores, gold, reduction="sum").item()
        for each in examples
        for scores, gold, _ in each.outputs()
    )
    pieces = sum(len(gold) for each in examples for _, gold, _ in each.outputs())
    assert pieces == sum(log["ntokens"] for log in validated)
    assert loss == pytest.approx(sum(float(log["loss"]) for log in validated), rel=1e-5)


def test_sides_are_pruned_for_the_language_that_runs_with_them(toy, trained, tmp_path, run):
    words = (
        "subnetworks", "find", "--checkpoint", trained(*SOURCES["language adapters"]), "--data", toy / "bin",
        "--kept", "0.5", "--cpu", "--json",
    )  # fmt: skip
    result = run(
        *words, "--directions", "en-de,de-en", "--sentences", "5", "--out", tmp_path / "both"
    )
    assert {(row["language"], row["side"]): row["used"] for row in result["pruned"]} == {
        (code, side): number for code in ("en", "de") for side, number in (("encoder", 2), ("decoder", 4))
    }  # fmt: skip
    assert sorted(result["places"]) == [
        "decoder.cross_attn.heads", "decoder.self_attn.heads", "encoder.self_attn.heads",
    ]  # fmt: skip
    result = run(*words, "--directions", "fr-en", "--out", tmp_path / "one")
    masks = HeadMasks.from_plain(result).masks
    assert all(masks["fr"][place].all() for place in masks["fr"] if place.startswith("decoder"))
    assert not masks["fr"]["encoder.self_attn.heads"].all()


@pytest.mark.parametrize("name", SOURCES)
def test_masks_on_a_checkpoint_mask_its_heads(name, toy, trained, masks, tmp_path):
    checkpoint, out = trained(*SOURCES[name]), tmp_path / "masked.pt"
    masks.write(tmp_path / "masks.json")
    apply_head_masks(str(checkpoint), str(tmp_path / "masks.json"), str(out))
    model, examples = examples_of(checkpoint, toy)
    _, of_masked = examples_of(out, toy)
    for plain, masked in zip(examples, of_masked):
        mask = {
            place: masks.masks[plain.languages[place.partition(".")[0]]][place]
            for place in masks.places
            if plain.languages[place.partition(".")[0]] in masks.masks
        }
        with torch.no_grad(), masked_heads(model, mask):
            expected = [scores for scores, _, _ in plain.outputs()]
        with torch.no_grad():
            results = [scores for scores, _, _ in masked.outputs()]
        torch.testing.assert_close(results, expected)
    read = extract_head_masks(str(out), "trained")
    assert all(torch.equal(read.flat(code), masks.flat(code)) for code in masks.masks)
    assert read.flat("fr").all()
    HeadMasks(masks.places, {"fr": masks.masks["de"]}).write(tmp_path / "other.json")
    apply_head_masks(str(out), str(tmp_path / "other.json"), str(tmp_path / "other.pt"))
    replaced = extract_head_masks(str(tmp_path / "other.pt"), "trained")
    assert torch.equal(replaced.flat("fr"), masks.flat("de")) and replaced.flat("de").all()
    model, _ = examples_of(tmp_path / "other.pt", toy)
    before, after = (
        {name: p for name, p in each.state_dict().items() if "lora" in name or "hyper" in name}
        for each in (examples_of(checkpoint, toy)[0], model)
    )
    assert [tensor.tolist() for tensor in before.values()] == [
        tensor.tolist() for tensor in after.values()
    ]


def test_masks_on_a_model_of_cells(tagging, trained_on_cells, tmp_path, run):
    checkpoint, out = trained_on_cells("--adapter-source", "hyper"), tmp_path / "masked.pt"
    places = {"encoder.self_attn.heads": (2, 2)}
    mask = {place: torch.tensor([[True, False], [True, True]]) for place in places}
    HeadMasks(places, {"qaa": mask}).write(tmp_path / "masks.json")
    run(
        "subnetworks",
        "apply",
        tmp_path / "masks.json",
        "--checkpoint",
        checkpoint,
        "--out",
        out,
        "--json",
    )
    scores = []
    for path, active in ((checkpoint, mask), (out, {})):
        choice = Choice(str(tagging), "pos:qaa,pos:qab", cpu=True)
        model, examples = open_examples(Checkpoint(path), choice)
        with torch.no_grad():
            with masked_heads(model, active):
                scores += [output for output, _, _ in examples[0].outputs()]
            scores += [output for output, _, _ in examples[1].outputs()]
    half = len(scores) // 2
    torch.testing.assert_close(scores[:half], scores[half:])
    assert extract_head_masks(str(out), "pos:qaa,pos:qab").flat("qaa").tolist() == [1, 0, 1, 1]


def test_checkpoints_without_masks_and_baked_ones_are_refused(toy, trained, masks, tmp_path, run):
    checkpoint = trained(*SOURCES["language adapters"])
    with pytest.raises(UserError, match="has no head masks"):
        extract_head_masks(str(checkpoint), "trained")
    masks.write(tmp_path / "masks.json")
    run(
        "bake",
        "--checkpoint",
        checkpoint,
        "--directions",
        "de-en",
        "--out",
        tmp_path / "b.pt",
        "--json",
    )
    words = ("subnetworks", "apply", tmp_path / "masks.json", "--checkpoint", tmp_path / "b.pt")
    assert "is baked already" in run(*words, "--out", tmp_path / "c.pt")
    assert not (tmp_path / "c.pt").exists()
