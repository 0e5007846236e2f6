"""The behaviour table: every adapter kind x every adapter source x what users rely on."""

import itertools
import re

import pytest
import torch

from hyperadapters.adapters import KINDS, PLACES, Rows, SideAdapters, apply_to_rows
from hyperadapters.adapters.rows import apply_grouped, apply_in_blocks
from hyperadapters.errors import UserError
from hyperadapters.sources import SOURCES, Condition
from hyperadapters.sources.baked import bake

# every kind, and what users can choose about it that changes what it computes
VARIANTS = {
    **{kind: {"kind": kind} for kind in KINDS.names()},
    "bottleneck, plain": {"norm": "plain"},
    "bottleneck, none": {"norm": "none"},
    "bottleneck, published": {"norm": "branch", "place": "after_feed_forward"},
}
TABLE = list(itertools.product(VARIANTS, SOURCES.names()))
SIDES = ("encoder", "decoder")
DIRECTIONS = ((0, 1), (1, 0), (0, 2), (2, 0))
# of the stored adapters, those that the direction 0-1 and the task 0 use
USED_KEYS = {
    "language": {"0", "1"}, "pair": {"0-1"}, "task": {"0"},
    "stack": {"language0", "language1", "task0"},
}  # fmt: skip


def ids(rows):
    """Ids of a batch whose rows are trained directions, by number."""
    directions = torch.tensor(DIRECTIONS)[torch.tensor(rows)]
    tasks = torch.tensor(rows) % 2
    return {"src": directions[:, 0], "tgt": directions[:, 1], "task": tasks}


def run(source, rows, activations):
    """Passes activations [T, B, C] through all adapters of both sides."""
    setting = source.setting
    of_rows = ids(rows)
    conditions = {
        side: Condition.from_ids(of_rows, setting.inputs[side], like=torch.zeros(len(rows)))
        for side in SIDES
    }
    weights = source(conditions)
    for side in SIDES:
        condition = conditions[side]
        for of_site in weights[side]:
            row_sets = Rows(condition.index, condition.count)
            adapted = apply_to_rows(setting.kind, activations, of_site, row_sets)
            added = PLACES.get(setting.kind.place).added
            activations = activations + adapted if added else adapted
    return activations


@pytest.fixture(params=TABLE, ids=lambda pair: "-".join(pair))
def case(request, make_setting):
    variant, source = request.param

    def build(**changes):
        made_by = "hyper" if source == "baked" else source  # what is baked was generated
        setting = make_setting(**VARIANTS[variant], source=made_by, **changes)
        made = SOURCES.get(made_by)(setting)
        return bake(made, DIRECTIONS) if source == "baked" else made

    build.source = source
    return build


def keys_of(names):
    """The keys of stored adapters among names of parameters, a stack's with their part."""
    return {
        re.sub(r"^(?:parts\.(\w+)\.)?sides\.\w+\.([\w-]+)\..*", r"\1\2", name) for name in names
    }


def test_identity_start_changes_nothing(case):
    x = torch.randn(3, 4, 6)
    assert torch.equal(run(case(start="identity"), [0, 1, 2, 3], x), x)


def test_published_start_changes_something(case):
    x = torch.randn(3, 4, 6)
    assert torch.equal(run(case(), [0, 1, 2, 3], x), x) == (case.source == "none")


def test_saved_and_loaded_weights_do_the_same(case):
    first, second = case(), case()
    second.load_state_dict(first.state_dict())
    x = torch.randn(3, 4, 6)
    assert torch.equal(run(first, [0, 1, 2, 3], x), run(second, [0, 1, 2, 3], x))


def test_mixed_batch_equals_its_parts(case):
    source, x = case().double(), torch.randn(5, 6, 6, dtype=torch.double)
    rows = [2, 0, 3, 2, 1, 0]
    mixed = run(source, rows, x)
    for number, row in enumerate(rows):
        alone = run(source, [row], x[:, number : number + 1])
        torch.testing.assert_close(mixed[:, number : number + 1], alone)


def test_beams_of_a_sentence_use_its_weights(case):
    source, x = case(), torch.randn(2, 3, 6)
    condition = Condition.from_ids(ids([0, 1, 2]), source.setting.inputs["decoder"], like=x[0])
    weights = source({"decoder": condition})["decoder"]
    rows = Rows(condition.index, condition.count)
    adapters = SideAdapters(
        source.setting.kind, source.setting.sites["decoder"] if weights else [], weights, rows
    )
    order = torch.tensor([0, 0, 2, 2, 1, 1])
    beams = adapters.reorder(order)
    for of_site in weights:
        single = apply_to_rows(adapters.kind, x, of_site, adapters.rows)
        repeated = apply_to_rows(adapters.kind, x[:, order], of_site, beams.rows)
        torch.testing.assert_close(repeated, single[:, order])


def test_grouped_equals_blocks(case):
    source, x = case(), torch.randn(4, 5, 6)
    condition = Condition.from_ids(
        ids([3, 1, 0, 2, 1]), source.setting.inputs["encoder"], like=x[0]
    )
    rows = Rows(condition.index, condition.count)
    for of_site in source({"encoder": condition})["encoder"]:
        torch.testing.assert_close(
            apply_grouped(source.setting.kind, x, of_site, rows),
            apply_in_blocks(source.setting.kind, x, of_site, rows),
        )


def test_gradients_reach_the_conditions_of_the_batch_only(case):
    source = case()
    if case.source in ("none", "baked"):
        assert not [p for p in source.parameters() if p.requires_grad]
        return
    x = torch.randn(3, 2, 6)
    run(source, [0, 0], x).pow(2).sum().backward()  # language 2 and task 1 are absent
    reached = {name for name, p in source.named_parameters() if p.grad is not None}
    if case.source == "hyper":
        assert reached == {name for name, _ in source.named_parameters()}
        languages = source.embeddings["languages"].weight.grad
        assert languages[0].any() and languages[1].any() and not languages[2].any()
        return
    assert keys_of(reached) == {**USED_KEYS, "shared": {"shared"}}[case.source]


def test_stored_adapters_of_absent_conditions_are_not_updated(case):
    source = case()
    if case.source not in USED_KEYS:
        pytest.skip("nothing is stored by condition")
    optimizer = torch.optim.Adam(source.parameters(), lr=0.1, weight_decay=0.1)
    x = torch.randn(3, 4, 6)
    run(source, [0, 1, 2, 3], x).pow(2).sum().backward()
    optimizer.step()
    before = {name: p.detach().clone() for name, p in source.named_parameters()}
    optimizer.zero_grad(set_to_none=True)
    run(source, [0, 0], x[:, :2]).pow(2).sum().backward()
    optimizer.step()
    parameters = source.named_parameters()
    changed = keys_of(name for name, p in parameters if not torch.equal(p, before[name]))
    assert changed == USED_KEYS[case.source]


def test_validation_before_training_keeps_gradients(case):
    if case.source == "baked":
        pytest.skip("baked adapters are not trained")
    source, x = case(), torch.randn(3, 4, 6, requires_grad=True)
    with torch.no_grad():
        run(source, [0, 1, 2, 3], x)
    run(source, [0, 1, 2, 3], x).pow(2).sum().backward()
    assert all(p.grad is not None for p in source.parameters())


def test_bake_equals_generate(case):
    if not SOURCES.get(case.source).trains or case.source == "none":
        pytest.skip("there is nothing to bake")
    source = case()
    baked = bake(source, DIRECTIONS[1:])
    for row in (1, 2, 3):
        x = torch.randn(3, 2, 6)
        assert torch.equal(run(baked, [row, row], x), run(source, [row, row], x))


def test_bake_keeps_one_set_a_distinct_condition(case):
    if not SOURCES.get(case.source).trains or case.source == "none":
        pytest.skip("there is nothing to bake")
    baked = bake(case(), DIRECTIONS[1:])
    inputs = baked.setting.inputs
    for side, sets in baked.sides.items():
        wanted = {tuple(ids([row])[name].item() for name in inputs[side] if name != "task")
                  for row in (1, 2, 3)}  # fmt: skip
        assert len(sets) == len(wanted) * (2 if "task" in inputs[side] else 1)


def test_a_direction_that_was_not_baked_is_refused(make_setting):
    baked = bake(SOURCES.get("hyper")(make_setting()), DIRECTIONS[1:])
    with pytest.raises(UserError, match="stored for src,tgt = 0-1, stored are 1-0, 0-2, 2-0"):
        run(baked, [0], torch.randn(3, 1, 6))


def test_every_registered_name_has_a_summary():
    for registry in (KINDS, SOURCES):
        for name in registry.names():
            assert registry.get(name).__doc__, name
