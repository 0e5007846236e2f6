import torch
from fairseq.optim.adam import FairseqAdam, FairseqAdamConfig
from toy import generate, train

from hyperadapters.optim.fused_adam import FusedAdam


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
