"""LoRA against peft."""

import pytest
import torch
from small_backbone import batch_of, features, small_backbone
from torch import nn

from hyperadapters.sources import SOURCES

POINTS = "self_attn.q,self_attn.out,cross_attn.k,cross_attn.v,ffn.hidden,ffn.out"
# what peft calls the modules that our points are
MODULES = {
    "self_attn.q": "self_attn.q_proj",
    "self_attn.out": "self_attn.out_proj",
    "cross_attn.k": "encoder_attn.k_proj",
    "cross_attn.v": "encoder_attn.v_proj",
    "ffn.hidden": "fc1",
    "ffn.out": "fc2",
}


def batch():
    return batch_of({name: torch.zeros(3, dtype=torch.long) for name in ("src", "tgt", "task")})


def test_lora_equals_that_of_peft_on_the_same_weights(make_config):
    peft = pytest.importorskip("peft")
    config = make_config(kind="lora", source="shared", points=POINTS, rank=3, alpha=5.0)
    source = SOURCES.get("shared")(config)
    for parameter in source.parameters():
        nn.init.normal_(parameter)
    ours = small_backbone(source).eval()
    theirs = small_backbone(SOURCES.get("shared")(make_config(kind="lora", source="shared"))).eval()
    theirs.encoder.adapters = SOURCES.get("none")(config)
    lora = peft.LoraConfig(r=3, lora_alpha=5, target_modules=list(MODULES.values()))
    peft.inject_adapter_in_model(lora, theirs)
    for side in ("encoder", "decoder"):
        stored = source.tensors(side, ())
        for point, names in config.kind.layout(config.layers[side]).items():
            for number, layer in enumerate(getattr(theirs, side).layers):
                module = layer.get_submodule(MODULES[point])
                module.lora_A["default"].weight.data = stored[names["a"]][number].data
                module.lora_B["default"].weight.data = stored[names["b"]][number].data
    torch.testing.assert_close(features(ours, batch()), features(theirs, batch()))


def test_dropout_of_the_update_works_in_training_only(make_config):
    source = SOURCES.get("shared")(make_config(kind="lora", source="shared", dropout=0.5))
    for parameter in source.parameters():
        nn.init.normal_(parameter)
    model = small_backbone(source)
    assert torch.equal(features(model.eval(), batch()), features(model, batch()))
    assert not torch.equal(features(model.train(), batch()), features(model, batch()))
