"""Algebraic identities of merging, for every kind and rule that goes with it."""

from dataclasses import asdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperadapters.adapters import KINDS, LayerShape
from hyperadapters.merging import CONTROLS, RULES
from hyperadapters.merging.merge import Choices, combine, compare_gaps, merge
from hyperadapters.sources import AdapterPart, AdapterSet
from hyperadapters.support.errors import UserError

WIDTH, LAYERS = 6, 3
OPTIONS = {"prefix": {"length": 2}, "lora": {"rank": 2}, "bottleneck": {"bottleneck": 2},
           "parallel": {"bottleneck": 2}}  # fmt: skip
PAIRS = [(kind, rule) for kind in KINDS.names() for rule in KINDS.get(kind).merging_rules]
every_pair = pytest.mark.parametrize("kind,rule", PAIRS)
seeds = st.integers(0, 10_000)
distances = st.floats(-2, 2).filter(lambda t: t == 0 or abs(t) > 1e-3)
few = settings(max_examples=15, deadline=None)


def adapters(kind, seed, near=None, scale=1.0):
    """Adapters with random weights; with `near`, a little away from others."""
    description = {"name": kind, "width": WIDTH, **OPTIONS.get(kind, {})}
    made = KINDS.get(kind)(KINDS.get(kind).Options(**OPTIONS.get(kind, {})))
    description |= {name: x for name, x in asdict(made.options).items() if x is not None}
    generator, tensors = torch.Generator().manual_seed(seed), {}
    for side, memory in (("encoder", None), ("decoder", WIDTH)):
        for name, spec in made.tensors(LayerShape(WIDTH, WIDTH, 2, memory)).items():
            noise = scale * torch.randn(LAYERS, *spec.shape, generator=generator)
            if kind == "ia3":
                noise = noise.clamp(-0.9, 2)  # factors that trained adapters have are above 0
            key = f"{side}.{name}"
            tensors[key] = near.tensors[key] + 0.1 * noise if near else noise
    inputs = {"encoder": ("src",), "decoder": ("tgt",)}
    return AdapterSet({"src": "de"}, {"": AdapterPart(description, inputs, tensors)})


def three(kind, seed):
    return [adapters(kind, seed + n) for n in range(3)]


def assert_same(ours, theirs, **tolerance):
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, tensor in ours.tensors.items():
        if tolerance:
            torch.testing.assert_close(tensor, theirs.tensors[name], **tolerance)
        else:
            assert torch.equal(tensor, theirs.tensors[name]), name


@every_pair
@few
@given(seed=seeds, t=distances)
def test_no_distance_or_no_gap_returns_the_first_to_the_last_bit(kind, rule, seed, t):
    first, second, third = three(kind, seed)
    choices = Choices(rule, floor=1e-3)
    for merged, changes in (
        merge(first, second, third, 0.0, choices),
        merge(first, second, second, t, choices),
    ):
        assert_same(merged, first)
        assert not any(figure.value for figure in changes)


@every_pair
@few
@given(seed=seeds)
def test_the_whole_gap_from_its_own_source_leads_to_its_target(kind, rule, seed):
    source, target = adapters(kind, seed), adapters(kind, seed + 1)
    merged, changes = merge(source, target, source, 1.0, Choices(rule, floor=1e-9))
    assert all(figure.value > 0 for figure in changes)
    if rule == "product":  # the factors are others
        for name in source.tensors:
            if name.endswith("_b"):
                ours, theirs = (
                    s.tensors[name] @ s.tensors[name[:-1] + "a"] for s in (merged, target)
                )
                torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    elif rule == "transfer":  # what the source cannot express is left out
        for name, x in source.tensors.items():
            wanted = target.tensors[name] @ torch.linalg.pinv(x) @ x
            torch.testing.assert_close(merged.tensors[name], wanted, rtol=1e-3, atol=1e-3)
    else:
        assert_same(merged, target, rtol=1e-3, atol=1e-3)


@few
@given(seed=seeds, t=distances)
def test_product_is_the_best_approximation_of_the_moved_update(seed, t):
    sets = three("lora", seed)
    merged, _ = merge(*sets, t, Choices("product"))
    a, b = (f"encoder.self_attn_q_{name}" for name in "ab")
    one, two, three_ = (s.tensors[b].double() @ s.tensors[a].double() for s in sets)
    wanted = one + t * (two - three_)
    values = torch.linalg.svdvals(wanted)
    error = (
        (merged.tensors[b].double() @ merged.tensors[a].double() - wanted).flatten(1).norm(dim=1)
    )
    torch.testing.assert_close(error, values[:, 2:].norm(dim=1), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind,rule", [pair for pair in PAIRS if "transfer" not in pair[1]])
def test_a_sum_with_one_weight_is_that_adapter(kind, rule):
    sets = three(kind, 5)
    summed, _ = combine(sets, [0.0, 1.0, 0.0], Choices(rule))
    if rule != "product":
        assert_same(summed, sets[1], rtol=1e-5, atol=1e-6)
    again, _ = combine([sets[1]] * 2, [1.5, -0.5], Choices(rule))
    if rule != "product":
        assert_same(again, sets[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("kind", KINDS.names())
def test_controls_move_as_far_to_another_place(kind, control):
    first, source = adapters(kind, 1), adapters(kind, 2)
    target = adapters(kind, 3, near=source)
    moved, changes = merge(first, target, source, 0.5, Choices("add"))
    other, others = merge(first, target, source, 0.5, Choices("add", control=control))
    for name, tensor in first.tensors.items():
        ours, theirs = (s.tensors[name] - tensor for s in (moved, other))
        assert not torch.allclose(ours, theirs)
        torch.testing.assert_close(ours.norm(), theirs.norm(), rtol=1e-3, atol=1e-4)
    assert len(changes) == len(others)


def test_the_cosine_of_gaps_is_that_of_equal_and_opposite_ones():
    source, target = adapters("bottleneck", 1), adapters("bottleneck", 2)
    for pair, wanted in (((target, source), 1), ((source, target), -1)):
        figures = compare_gaps((target, source), pair, Choices())
        assert all(figure.value == pytest.approx(wanted) for figure in figures)
        assert len(figures) == 2 * LAYERS


@pytest.mark.parametrize(
    "kind,rule,scale,message",
    [
        ("ia3", "multiply", 0.0, "nearer to 0 than 0.001 and cannot be divided by: give --floor"),
        ("prefix", "transfer", 0.0, "has no usable inverse"),
        ("bottleneck", "transfer", 1.0, "is no matrix"),
        ("bottleneck", "product", 1.0, "the rule needs a, b"),
    ],
)
def test_what_is_not_defined_is_refused_with_the_remedy(kind, rule, scale, message):
    first, second, third = three(kind, 3)
    part = third.parts[""]
    zero = {name: x * scale - (1 if kind == "ia3" else 0) for name, x in part.tensors.items()}
    third = AdapterSet(third.condition, {"": AdapterPart(part.kind, part.inputs, zero)})
    with pytest.raises(UserError, match=message):
        merge(first, second, third, 1.0, Choices(rule))
    if scale == 0:
        merged, _ = merge(first, second, third, 1.0, Choices(rule, floor=0.1))
        assert all(tensor.isfinite().all() for tensor in merged.tensors.values())


def test_unlike_adapters_are_refused_by_name():
    with pytest.raises(UserError, match="differ in kind"):
        merge(adapters("lora", 1), adapters("ia3", 2), adapters("lora", 3), 1.0, Choices())


def test_every_kind_names_rules_that_exist():
    for name in KINDS.names():
        assert set(KINDS.get(name).merging_rules) <= set(RULES.names())
