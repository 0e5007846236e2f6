import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperadapters.adapters import KINDS, Rows, apply_to_rows
from hyperadapters.adapters.bottleneck import Options
from hyperadapters.adapters.rows import apply_grouped, apply_in_blocks


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    count=st.sampled_from([1, 2, 5, 15]),
    rows=st.integers(1, 9),
    length=st.integers(1, 4),
    norm=st.sampled_from(["trained", "plain"]),
    activation=st.sampled_from(["relu", "gelu", "swish", "tanh"]),
    seed=st.integers(0, 99),
)
def test_each_row_gets_its_own_set_whatever_the_batch(count, rows, length, norm, activation, seed):
    torch.manual_seed(seed)
    kind = KINDS.get("bottleneck")(Options(3, activation, norm=norm))
    specs = kind.point_tensors(kind.points[0], 5, 5)
    weights = {name: torch.randn(count, *spec.shape) for name, spec in specs.items()}
    x, index = torch.randn(length, rows, 5), torch.randint(count, (rows,))
    adapted = apply_to_rows(kind, x, weights, Rows(index, count))
    for row in range(rows):
        own = {name: tensor[index[row]] for name, tensor in weights.items()}
        torch.testing.assert_close(
            adapted[:, row : row + 1], kind.apply(x[:, row : row + 1], own), rtol=1e-4, atol=1e-5
        )
    for way in (apply_grouped, apply_in_blocks):
        same = way(kind.apply, x, weights, Rows(index, count))
        torch.testing.assert_close(same, adapted, rtol=1e-4, atol=1e-5)
    order = torch.randperm(rows)
    permuted = apply_to_rows(kind, x[:, order], weights, Rows(index, count).reorder(order))
    torch.testing.assert_close(permuted, adapted[:, order], rtol=1e-4, atol=1e-5)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(count=st.integers(2, 12), rows=st.integers(1, 40), seed=st.integers(0, 99))
def test_blocks_hold_each_row_once_with_its_set_and_little_else(count, rows, seed):
    torch.manual_seed(seed)
    index = torch.randint(count, (rows,)) * torch.randint(2, (rows,))  # set 0 has about half
    set_of_block, row_in_place, place_of_row = Rows(index, count).blocks()
    assert torch.equal(row_in_place[place_of_row], torch.arange(rows))
    length = len(row_in_place) // len(set_of_block)
    assert torch.equal(set_of_block[place_of_row // length], index)
    assert len(set_of_block) < 2 * count and len(row_in_place) < 2 * rows + count


def test_the_bottleneck_is_the_published_formula():
    kind = KINDS.get("bottleneck")(Options(2))
    w = {
        name: torch.randn(spec.shape)
        for name, spec in kind.point_tensors(kind.points[0], 4, 4).items()
    }
    x = torch.randn(3, 2, 4)
    mean, variance = x.mean(-1, keepdim=True), x.var(-1, unbiased=False, keepdim=True)
    normed = (x - mean) / (variance + 1e-5).sqrt() * w["norm_gain"] + w["norm_bias"]
    hidden = (normed @ w["down"].T + w["down_bias"]).relu()
    torch.testing.assert_close(kind.apply(x, w), x + hidden @ w["up"].T + w["up_bias"])
