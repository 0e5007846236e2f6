"""Masked heads are moved neither by momentum nor by weight decay."""

from types import SimpleNamespace

import pytest
import torch
from small_backbone import batch_of, features, small_backbone

from hyperadapters.sources import SOURCES
from hyperadapters.support.errors import UserError
from hyperadapters.training.unused_heads import parameters_of, part_of_head, unused_heads_kept


def batch(*languages):
    ids = torch.tensor(languages)
    return batch_of({"src": ids, "tgt": ids, "task": torch.zeros(len(ids))})


def heads(model):
    """The parts of every head of the encoder's layers, by layer and head."""
    return {
        (number, head): [
            part_of_head(p, layer.self_attn, p, head).clone()
            for p in parameters_of(layer.self_attn)
        ]
        for number, layer in enumerate(model.encoder.layers)
        for head in range(layer.self_attn.num_heads)
    }


def update(model, optimizer, *languages):
    """One update; returns which heads of the encoder it changed."""
    optimizer.zero_grad()
    features(model, batch(*languages)).pow(2).sum().backward()
    before = heads(model)
    with unused_heads_kept(optimizer, model):
        optimizer.step()
    after = heads(model)
    return {
        key for key, parts in before.items()
        if any(not torch.equal(*pair) for pair in zip(parts, after[key]))
    }  # fmt: skip


def test_a_flat_copy_of_all_weights_is_refused(make_config):
    model = small_backbone(SOURCES.get("shared")(make_config(kind="head_mask", source="shared")))
    optimizer = SimpleNamespace(fp32_params=torch.zeros(3))
    with (
        pytest.raises(UserError, match="--fp16-no-flatten-grads"),
        unused_heads_kept(optimizer, model),
    ):
        pass


def test_a_head_changes_when_a_language_of_the_batch_uses_it(make_config):
    masks = SOURCES.get("language")(make_config(kind="head_mask", source="language"))
    with torch.no_grad():
        for language, layer, head in ((0, 0, 1), (1, 0, 1), (1, 1, 0)):
            masks.tensors("encoder", (language,))["self_attn_heads_change"][layer, head] = -1
    model = small_backbone(masks)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    everything = {(layer, head) for layer in (0, 1) for head in (0, 1)}
    assert update(model, optimizer, 0, 1, 2) == everything
    assert update(model, optimizer, 0, 1) == everything - {(0, 1)}
    assert update(model, optimizer, 1) == everything - {(0, 1), (1, 0)}
    assert update(model, optimizer, 0) == everything - {(0, 1)}
    feed_forward = model.encoder.layers[0].fc1.weight.detach().clone()
    update(model, optimizer, 1)
    assert not torch.equal(model.encoder.layers[0].fc1.weight, feed_forward)
