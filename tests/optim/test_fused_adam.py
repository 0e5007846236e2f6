import pytest
import torch
from fairseq.optim.adam import FairseqAdam, FairseqAdamConfig
from toy import generate, train

from hyperadapters.optim.fused_adam import FusedAdam, FusedAdamConfig
from hyperadapters.support.errors import UserError
from hyperadapters.training.parts import mark_parts


def parameters():
    torch.manual_seed(1)
    return [torch.nn.Parameter(torch.randn(5, 4)) for _ in range(3)]


def test_it_updates_as_fairseqs_adam_and_leaves_alone_what_has_no_gradient():
    cfg = FairseqAdamConfig(weight_decay=0.1)
    cfg.lr, cfg.adam_betas, cfg.tpu, cfg.use_old_adam = [0.01], "(0.9, 0.98)", False, True
    found, wanted = parameters(), parameters()
    fused, plain = FusedAdam(cfg, found), FairseqAdam(cfg, wanted)
    for step in range(20):
        gradients = [torch.randn(5, 4) for _ in range(3)]
        for optimizer, own in ((fused, found), (plain, wanted)):
            for parameter, gradient in zip(own, gradients):
                parameter.grad = gradient.clone()
            if step % 2:
                own[2].grad = None
            before = own[2].detach().clone()
            optimizer.step()
            assert torch.equal(before, own[2]) == bool(step % 2)
    for one, other in zip(found, wanted):
        torch.testing.assert_close(one, other)


def test_it_trains_and_resumes_through_fairseq_train(toy, tmp_path):
    options = ["--optimizer", "fused_adam", "--dropout", "0", "--weight-decay", "0.01"]
    whole = train(toy, tmp_path / "whole", *options, "--max-update", "12")
    train(toy, tmp_path / "parts", *options, "--max-update", "6")
    parts = train(toy, tmp_path / "parts", *options, "--max-update", "12")
    states = [torch.load(path, weights_only=True)["model"] for path in (whole, parts)]
    for name, tensor in states[0].items():
        torch.testing.assert_close(tensor, states[1][name], msg=name)
    assert len(generate(toy, parts, "en", "fr")) == 21


def test_parts_have_learning_rates_of_their_own():
    cfg = FusedAdamConfig(lr_scales="hyper_heads=0.25,task_heads=10")
    cfg.lr, cfg.adam_betas, cfg.weight_decay = [0.01], "(0.9, 0.98)", 0.0
    model = torch.nn.Module()
    model.encoder, model.heads = (
        torch.nn.Module(),
        torch.nn.ModuleDict({"pos": torch.nn.Linear(2, 2)}),
    )
    model.encoder.layer, model.encoder.adapters = torch.nn.Linear(2, 2), torch.nn.Module()
    model.encoder.adapters.project = torch.nn.Linear(2, 2)
    model.encoder.adapters.heads = torch.nn.ModuleDict({"down": torch.nn.Linear(2, 2)})
    mark_parts(model)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = FusedAdam(cfg, model.parameters())
    assert optimizer.get_lr() == 0.01
    optimizer.set_lr(0.02)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()  # the first step of Adam is the learning rate itself
    moved = {name: (before[name] - p).mean().item() for name, p in model.named_parameters()}
    rates = {"encoder.layer": 0.02, "encoder.adapters.project": 0.02,
             "encoder.adapters.heads.down": 0.005, "heads.pos": 0.2}  # fmt: skip
    for name, rate in rates.items():
        assert moved[f"{name}.weight"] == pytest.approx(rate, rel=1e-4)
    assert optimizer.get_lr() == 0.02


@pytest.mark.parametrize(
    "scales,message",
    [
        ("what=2", "unknown part 'what'"),
        ("backbone=0", "a factor above 0"),
        ("backbone", "a factor above 0"),
        ("adapters=2", "do not tell their part"),
    ],
)
def test_factors_that_cannot_be(scales, message):
    cfg = FusedAdamConfig(lr_scales=scales)
    cfg.lr, cfg.adam_betas = [0.01], "(0.9, 0.98)"
    with pytest.raises(UserError, match=message):
        FusedAdam(cfg, parameters())


def test_factors_go_through_fairseq_train(toy, tmp_path):
    options = ["--optimizer", "fused_adam", "--dropout", "0", "--max-update", "3"]
    slow = train(toy, tmp_path / "slow", *options, "--lr-scales", "hyper_heads=1e-9")
    fast = train(toy, tmp_path / "fast", *options)
    start = train(toy, tmp_path / "start", *options, "--lr", "1e-12")
    slow, fast, start = (
        torch.load(path, weights_only=True)["model"] for path in (slow, fast, start)
    )
    heads = [name for name in slow if ".heads." in name]
    assert heads and all(torch.allclose(slow[name], start[name], atol=1e-6) for name in heads)
    assert not any(torch.allclose(fast[name], start[name], atol=1e-6) for name in heads)
    with pytest.raises(UserError, match="nothing of it is trained"):
        train(toy, tmp_path / "none", *options, "--lr-scales", "task_heads=2")
