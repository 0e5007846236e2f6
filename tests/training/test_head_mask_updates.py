"""Masks that are estimated anew."""

import torch
from small_backbone import batch_of, features, small_backbone
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.sources import SOURCES
from hyperadapters.training.head_mask_updates import collect_importance, update_head_masks


def batch(language):
    ids = torch.tensor([language, language])
    return batch_of({"src": ids, "tgt": ids, "task": torch.zeros(2)})


def test_the_most_important_heads_of_the_interval_are_used(make_config):
    masks = SOURCES.get("language")(
        make_config(kind="head_mask", source="language", update_every=3, points="self_attn.heads")
    )
    tensors = masks.tensors("encoder", (0,))
    with torch.no_grad():
        tensors["change"][0, 0] = -1
    model = small_backbone(masks)
    optimizer = torch.optim.AdamW(masks.parameters(), lr=0.5, weight_decay=0.5)
    slopes = torch.zeros(2, 2)
    for update in (1, 2, 3):
        features(model, batch(0)).pow(2).sum().backward()
        slopes += tensors["change"].grad.abs()
        before = tensors["change"].detach().clone()
        collect_importance(model)
        torch.testing.assert_close(tensors["importance"].data, slopes)
        optimizer.step()
        assert torch.equal(tensors["change"], before)  # masks are no weights
        update_head_masks(model, update)
    normal = (slopes / slopes.norm(dim=1, keepdim=True)).flatten()
    used = (1 + tensors["change"].detach()).flatten()
    assert used.sum() == 3 and used[normal.argmin()] == 0
    assert slopes[0, 0] > 0  # a masked head can come back
    assert not tensors["importance"].any()
    assert not masks.tensors("encoder", (1,))["change"].any()  # no batch of it


def test_training_estimates_and_goes_on_with_what_it_collected(tagging, tmp_path):
    rows = '["1000", "0111"]'
    path = tmp_path / "masks.json"
    path.write_text(
        '{"places": {"encoder.self_attn.heads": [2, 4]}, '
        f'"masks": {{"qaa": {{"encoder.self_attn.heads": {rows}}}}}}}'
    )
    options = (
        "--encoder-attention-heads", "4", "--adapter-kind", "head_mask", "--adapter-source", "language",
        "--encoder-adapter-condition", "src", "--head-masks", str(path), "--head-mask-update-every", "4",
    )  # fmt: skip

    def weights(save, *updates):
        for number in updates:
            last = train_cells(
                tagging, save, *options, "--max-update", number, "--save-interval-updates", "3",
                cells="pos:qaa",
            )  # fmt: skip
        return Checkpoint(last).weights

    at_once, resumed = weights(tmp_path / "a", "9"), weights(tmp_path / "b", "6", "9")
    assert at_once.keys() == resumed.keys()
    assert all(torch.equal(at_once[name], resumed[name]) for name in at_once)
    (change,) = (
        t for name, t in at_once.items() if name.endswith("sides.encoder.0.self_attn_heads_change")
    )
    assert change.eq(0).sum() == 4 and change.eq(-1).sum() == 4
    assert change.tolist() != [[0, -1, -1, -1], [-1, 0, 0, 0]]
