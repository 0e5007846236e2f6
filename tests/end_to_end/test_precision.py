"""Half precision through the fairseq commands, on a CPU."""

import pytest
import torch
from toy import USER_DIR, command, generate, train

from hyperadapters.support.errors import UserError


def check(toy, checkpoint, dtype, option):
    """The weights are finite and such as `dtype` holds (fairseq saves them in full precision), and
    they translate in it and in full precision."""
    state = torch.load(checkpoint, weights_only=True)["model"]
    for name, tensor in state.items():
        assert tensor.isfinite().all(), name
    head = state["encoder.adapters.heads.up.weight"]
    assert torch.equal(head, head.to(dtype).float())
    assert len(generate(toy, checkpoint, "en", "fr", option)) == 21
    assert len(generate(toy, checkpoint, "en", "fr")) == 21


@pytest.mark.parametrize(
    "options",
    [
        ("--fp16", "--fp16-no-flatten-grads"),
        ("--memory-efficient-fp16",),
        ("--fp16", "--fp16-no-flatten-grads", "--optimizer", "fused_adam"),
    ],
)
def test_fp16_with_loss_scaling_trains_and_generates(toy, tmp_path, options):
    checkpoint = train(toy, tmp_path, *options, "--hyper-hidden", "64", "--max-update", "12")
    check(toy, checkpoint, torch.float16, "--fp16")


def test_bf16_trains_under_hydra_and_generates(toy, tmp_path):
    config = USER_DIR.parent / "examples" / "translation" / "conf"
    result = command(
        "fairseq-hydra-train", "--config-dir", str(config), "--config-name", "hyper_adapters",
        f"common.user_dir={USER_DIR}", "common.cpu=true", "common.bf16=true",
        "common.fp16_no_flatten_grads=true", f"task.data={toy / 'bin'}",
        "task.lang_pairs='en-de,de-en,en-fr,fr-en'", "model._name=adapter_transformer_tiny",
        "model.hyper_hidden=64", "optimization.max_update=1", "dataset.num_workers=0",
        f"checkpoint.save_dir={tmp_path}",
        f"hydra.run.dir={tmp_path}",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    check(toy, tmp_path / "checkpoint_last.pt", torch.bfloat16, "--bf16")


def test_the_option_for_bf16_says_what_to_use_instead(toy, tmp_path):
    with pytest.raises(UserError, match="common.bf16=true"):
        train(toy, tmp_path, "--bf16")
