"""Stored adapters that no process used: no update, whatever fills their missing gradients."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from hyperadapters.sources import SOURCES, Condition
from hyperadapters.support.errors import UserError
from hyperadapters.training.unused_adapters import check_wrapper, clear_unused_gradients

PLAIN = SimpleNamespace()


class Model(nn.Module):
    """An adapter source at the place where the trainer's model has it."""

    def __init__(self, source):
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.adapters = source

    def forward(self, src, tgt):
        conditions = {
            "encoder": Condition(("src",), torch.tensor([[src]]), torch.tensor([0])),
            "decoder": Condition(("tgt",), torch.tensor([[tgt]]), torch.tensor([0])),
        }
        weights = self.encoder.adapters(conditions)
        return sum(t.sum() for side in weights.values() for site in side for t in site.values())


class Wrapped(nn.Module):
    """What fairseq's `legacy_ddp` does to a model: names resolve to the wrapped one's."""

    def __init__(self, module):
        super().__init__()
        self.module = module
        self.encoder = module.encoder

    def fill(self):
        for p in self.parameters():
            p.grad = torch.zeros_like(p) if p.grad is None else p.grad


@pytest.fixture
def model(make_config):
    return Model(SOURCES.get("language")(make_config(source="language")))


def with_gradient(model):
    """The keys, as `side.id`, of the sets of which every tensor has a gradient."""
    found = {}
    for name, p in model.encoder.adapters.sides.named_parameters():
        found.setdefault(name.rsplit(".", 1)[0], set()).add(p.grad is not None)
    assert all(len(has) == 1 for has in found.values())
    return {key for key, has in found.items() if has == {True}}


def test_zeros_in_place_of_missing_gradients_are_dropped(model):
    model(0, 1).backward()
    used = with_gradient(model)
    assert used == {"encoder.0", "decoder.1"}
    wrapped = Wrapped(model)
    wrapped.fill()
    clear_unused_gradients(PLAIN, wrapped)
    assert with_gradient(model) == used


def test_zeros_in_some_tensors_of_a_used_set_are_kept(model):
    model(0, 1).backward()
    for name, p in model.encoder.adapters.sides["encoder"]["0"].items():
        p.grad.zero_() if name != "up_bias" else p.grad.fill_(torch.nan)
    wrapped = Wrapped(model)
    wrapped.fill()
    clear_unused_gradients(PLAIN, wrapped)
    assert with_gradient(model) == {"encoder.0", "decoder.1"}


@pytest.mark.parametrize("processes", [1, 2])
def test_copies_in_full_precision_lose_theirs(model, processes):
    model(0, 1).backward()
    parameters = list(model.parameters())
    optimizer = SimpleNamespace(fp16_params=parameters, fp32_params=[])
    for p in parameters:
        copy = nn.Parameter(p.detach().clone())
        copy.grad = torch.zeros_like(p) if p.grad is None else p.grad.clone()
        optimizer.fp32_params.append(copy)
    used = [p.grad is not None for p in parameters]
    seen = Wrapped(model) if processes == 2 else model
    if processes == 2:
        seen.fill()
    clear_unused_gradients(optimizer, seen)
    assert used == [copy.grad is not None for copy in optimizer.fp32_params]
    assert any(used) and not all(used)


def test_one_process_is_left_alone(model):
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    clear_unused_gradients(PLAIN, model)
    assert all(p.grad is not None for p in model.parameters())


def test_no_set_is_optional_where_every_batch_uses_all(make_config):
    for source in ("hyper", "shared"):
        assert SOURCES.get(source)(make_config(source=source)).conditional_parameters() == []


def test_language_tables_that_no_side_depends_on_are_optional(make_config):
    config = make_config(inputs={"encoder": ("tgt",), "decoder": ("tgt",)}, hyper={"tied": False})
    source = SOURCES.get("hyper")(config)
    assert [p.shape[0] for (p,) in source.conditional_parameters()] == [3]
    assert source.conditional_parameters()[0][0] is source.embeddings["src"].weight


@pytest.fixture
def group(tmp_path):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/rendezvous", world_size=1, rank=0
    )
    yield
    torch.distributed.destroy_process_group()


def test_torchs_wrapper_must_look_for_unused_parameters(model, make_config, group):
    from torch.nn.parallel import DistributedDataParallel

    def wrapped(module, **options):
        outer = nn.Module()  # fairseq wraps the wrapper, to pass names on
        outer.module = DistributedDataParallel(module, **options)
        outer.encoder = module.encoder
        return outer

    with pytest.raises(UserError, match="add --find-unused-parameters, or use --ddp-backend"):
        check_wrapper(wrapped(model))
    check_wrapper(wrapped(model, find_unused_parameters=True))
    check_wrapper(wrapped(Model(SOURCES.get("hyper")(make_config()))))
    check_wrapper(Wrapped(model))
    check_wrapper(model)
