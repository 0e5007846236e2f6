"""LoRA and (IA)3 against peft."""

from functools import partial

import pytest
import torch
from small_backbone import batch_of, features, small_backbone
from torch import nn

from hyperadapters.sources import SOURCES

LORA_POINTS = "self_attn.q,self_attn.out,cross_attn.k,cross_attn.v,ffn.hidden,ffn.out"
IA3_POINTS = "self_attn.k,cross_attn.v,ffn.hidden"
# what peft calls the modules that our points are
MODULES = {
    "self_attn.q": "self_attn.q_proj",
    "self_attn.k": "self_attn.k_proj",
    "self_attn.out": "self_attn.out_proj",
    "cross_attn.k": "encoder_attn.k_proj",
    "cross_attn.v": "encoder_attn.v_proj",
    "ffn.hidden": "fc1",
    "ffn.out": "fc2",
}


def batch():
    return batch_of({name: torch.zeros(3, dtype=torch.long) for name in ("src", "tgt", "task")})


def set_lora(module, tensors):
    module.lora_A["default"].weight.data = tensors["a"]
    module.lora_B["default"].weight.data = tensors["b"]


def set_ia3(module, tensors):
    vector = module.ia3_l["default"]
    vector.data = (1 + tensors["change"]).view(vector.shape)


def lora(peft, **options):
    modules = [MODULES[point] for point in LORA_POINTS.split(",")]
    return MODULES, peft.LoraConfig(r=3, lora_alpha=5, target_modules=modules, **options), set_lora


def ia3(peft):
    # peft rescales what goes into a module of the feed-forward block, we what the activation gives
    modules = {**MODULES, "ffn.hidden": "fc2"}
    targets = [modules[point] for point in IA3_POINTS.split(",")]
    config = peft.IA3Config(target_modules=targets, feedforward_modules=["fc2"])
    return modules, config, set_ia3


@pytest.mark.parametrize(
    "kind,options,describe",
    [
        ("lora", {"points": LORA_POINTS, "rank": 3, "alpha": 5.0}, lora),
        (
            "lora",
            {"points": LORA_POINTS, "rank": 3, "alpha": 5.0, "ranks": "ffn.hidden=2,ffn.out=2"},
            partial(lora, rank_pattern={"fc1": 2, "fc2": 2}),
        ),
        ("ia3", {"points": IA3_POINTS}, ia3),
    ],
)
def test_a_kind_equals_that_of_peft_on_the_same_weights(make_config, kind, options, describe):
    peft = pytest.importorskip("peft")
    config = make_config(kind=kind, source="shared", **options)
    source = SOURCES.get("shared")(config)
    for parameter in source.parameters():
        nn.init.normal_(parameter)
    ours = small_backbone(source).eval()
    theirs = small_backbone(SOURCES.get("shared")(make_config(kind=kind, source="shared"))).eval()
    theirs.encoder.adapters = SOURCES.get("none")(config)
    modules, theirs_config, set_weights = describe(peft)
    peft.inject_adapter_in_model(theirs_config, theirs)
    for side in ("encoder", "decoder"):
        stored = source.tensors(side, ())
        for point, names in config.kind.layout(config.layers[side]).items():
            for number, layer in enumerate(getattr(theirs, side).layers):
                tensors = {name: stored[flat][number].data for name, flat in names.items()}
                set_weights(layer.get_submodule(modules[point]), tensors)
    torch.testing.assert_close(features(ours, batch()), features(theirs, batch()))


def test_dropout_of_the_update_works_in_training_only(make_config):
    source = SOURCES.get("shared")(make_config(kind="lora", source="shared", dropout=0.5))
    for parameter in source.parameters():
        nn.init.normal_(parameter)
    model = small_backbone(source)
    assert torch.equal(features(model.eval(), batch()), features(model, batch()))
    assert not torch.equal(features(model.train(), batch()), features(model, batch()))
