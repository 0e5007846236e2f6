"""LoRA in the layout of peft, on the Hugging Face model that it was trained on."""

import json

import pytest
import torch
from huggingface_encoder import write_folder
from safetensors.torch import load_file
from tagging_corpus import encode, load_cells, train_cells
from toy import train

LORA = ("--adapter-kind", "lora", "--lora-rank", "3", "--lora-alpha", "5", "--freeze-backbone",
        "--adapter-start", "calibrated", "--max-update", "3")  # fmt: skip
TOKENS = torch.tensor([[0, *range(5, 25), 2], [0, 7, 9, 2] + [1] * 18])
POINTS = "self_attn.q,self_attn.out,ffn.hidden,ffn.out"


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_an_encoder_with_peft_gives_the_same_features(kind, tagging, bare, tmp_path, run):
    folder = write_folder(tmp_path / "hf", tagging, kind)
    words = (*LORA, "--init-from", str(folder), "--max-pieces", "30", "--lora-points", POINTS,
             "--lora-ranks", "ffn.out=2")  # fmt: skip
    saved = train_cells(bare, tmp_path / "on", *words, cells="pos:qaa:40")
    out = tmp_path / "peft"
    settings = run(
        "export", "--checkpoint", saved, "--cell", "pos:qaa", "--peft", "--out", out, "--json"
    )
    assert settings["rank_pattern"]["encoder.layer.1.output.dense"] == 2
    tensors = load_file(out / "adapter_model.safetensors")
    query = "base_model.model.encoder.layer.0.attention.self.query"
    assert tensors[f"{query}.lora_A.weight"].shape == (3, 12)
    transformers, peft = pytest.importorskip("transformers"), pytest.importorskip("peft")
    original = transformers.AutoModel.from_pretrained(folder, add_pooling_layer=False)
    theirs = peft.PeftModel.from_pretrained(original, out).eval()
    model, _ = load_cells(saved, bare)
    kept = TOKENS.ne(1)
    with torch.no_grad():
        expected = theirs(input_ids=TOKENS, attention_mask=kept.long()).last_hidden_state
        plain = theirs.unload()(input_ids=TOKENS, attention_mask=kept.long()).last_hidden_state
    assert (expected - plain).abs().max() > 1e-3
    torch.testing.assert_close(encode(model, TOKENS)[kept], expected[kept], atol=1e-5, rtol=0)


def test_a_direction_has_the_names_of_m2m(toy, tmp_path, run):
    path = train(toy, tmp_path / "lora", *LORA[:6], "--lora-points", "cross_attn.v,ffn.hidden",
                 "--lora-diagonal", "--max-update", "2")  # fmt: skip
    words = ("export", "--checkpoint", path, "--direction", "de-en", "--peft", "--out")
    run(*words, tmp_path / "peft", "--json")
    settings = json.loads((tmp_path / "peft" / "adapter_config.json").read_text())
    assert settings["target_modules"][0] == "decoder.layers.0.encoder_attn.v_proj"
    tensors = load_file(tmp_path / "peft" / "adapter_model.safetensors")
    name = "base_model.model.model.encoder.layers.1.fc1.lora_B.weight"
    assert tensors[name].shape == (16, 3)
    other = train(toy, tmp_path / "other", "--max-update", "1")
    error = run("export", "--checkpoint", other, *words[3:], tmp_path / "no")
    assert "has adapters of kind bottleneck: peft's layout is for lora alone" in error
    assert not (tmp_path / "no").exists()
