"""Meta-learning: its gradient, its episodes, and its training."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tagging_corpus import train_cells
from torch import nn

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.multitask.episodes import split_by_language
from hyperadapters.support.errors import UserError
from hyperadapters.training.meta_learning import InnerLoop, meta_step


class Small(nn.Module):
    """A model with what the trainer calls a head."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 4)
        self.heads = nn.ModuleDict({"pos": nn.Linear(4, 2)})
        self.frozen = nn.Parameter(torch.ones(4), requires_grad=False)

    def forward(self, x):
        return self.heads["pos"](torch.tanh(self.body(x) * self.frozen))


def criterion(model, batch):
    loss = nn.functional.cross_entropy(model(batch["x"]), batch["y"], reduction="sum")
    return loss, len(batch["y"]), {"nsentences": len(batch["y"])}


def batches(count, size=5):
    return [
        {"x": torch.randn(size, 3).double(), "y": torch.randint(2, (size,))} for _ in range(count)
    ]


@pytest.mark.parametrize("updates", [1, 3])
def test_the_gradient_is_that_of_the_query_loss_after_the_inner_loop(updates):
    torch.manual_seed(1)
    model, inner = Small().double(), InnerLoop(updates, 0.1, 0.3)
    support, query, other, more = batches(4)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    loss, size, log = meta_step(
        model,
        criterion,
        torch.Tensor.backward,
        [(support, query), (None, other), (other, more)],
        inner,
    )
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert (size, log["nsentences"]) == (3, 15) and model.frozen.grad is None

    def query_loss(shift, name, place):
        """The sum of the queries' mean losses where one weight is moved after every inner loop."""
        total = 0.0
        for pair in ((support, query), (None, other), (other, more)):
            copy = Small().double()
            copy.load_state_dict(before)
            if pair[0] is not None:
                for _ in range(updates):  # plain gradient descent, by hand
                    copy.zero_grad()
                    value, count, _ = criterion(copy, pair[0])
                    (value / count).backward()
                    for part, p in copy.named_parameters():
                        if p.grad is not None:
                            p.data -= (0.3 if part.startswith("heads.") else 0.1) * p.grad
            copy.get_parameter(name).data.flatten()[place] += shift
            value, count, _ = criterion(copy, pair[1])
            total += (value / count).item()
        return total

    assert loss.item() == pytest.approx(query_loss(0.0, "body.weight", 0))
    for name in ("body.weight", "body.bias", "heads.pos.weight"):
        for place in (0, 1):
            slope = (query_loss(1e-6, name, place) - query_loss(-1e-6, name, place)) / 2e-6
            gradient = model.get_parameter(name).grad.flatten()[place].item()
            assert gradient == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("options", [(-1, 0.1, 0.1), (1, 0.0, 0.1), (1, 0.1, -1.0)])
def test_inner_loops_that_cannot_be(options):
    with pytest.raises(UserError, match="--meta-inner-"):
        InnerLoop(*options)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2), st.integers(0, 9)), max_size=40
    )
)
def test_support_and_query_share_no_sentence(rows):
    samples = [
        (SimpleNamespace(name=f"{task}:{language}", ids=SimpleNamespace(src=language)),
         SimpleNamespace(sentence=sentence))
        for task, language, sentence in rows
    ]  # fmt: skip
    sets = split_by_language(samples)
    assert len(sets) == len({language for _, language, _ in rows})
    names = [[{(d.name, e.sentence) for d, e in half} for half in pair] for pair in sets]
    assert all(not support & query and query for support, query in names)
    assert all(len(query) - len(support) in (0, 1) for support, query in names)
    assert sorted(map(id, (item for pair in sets for half in pair for item in half))) == sorted(
        map(id, samples)
    )


def test_training_learns_and_goes_on_as_if_never_interrupted(tagging, tmp_path):
    options = ("--adapter-source", "language", "--meta-inner-updates", "2", "--dropout", "0")

    def weights(save, *updates):
        for number in updates:
            last = train_cells(
                tagging, save, *options, "--max-update", number, "--save-interval-updates", "2",
                cells="pos:qaa,pos:qba",
            )  # fmt: skip
        return Checkpoint(last).weights

    at_once, resumed = weights(tmp_path / "a", "4"), weights(tmp_path / "b", "2", "4")
    assert all(torch.equal(at_once[name], resumed[name]) for name in at_once)
    plain = train_cells(
        tagging, tmp_path / "c", "--adapter-source", "language", "--max-update", "4", "--dropout", "0",
        cells="pos:qaa,pos:qba",
    )  # fmt: skip
    assert any(not torch.equal(at_once[name], t) for name, t in Checkpoint(plain).weights.items())
