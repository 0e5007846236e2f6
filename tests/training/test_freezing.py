"""What is frozen, and tables of which only some rows are trained."""

import pytest
import torch
from torch import nn

from hyperadapters.support.errors import UserError
from hyperadapters.training.freezing import KeptRows, freeze, is_backbone


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_rows_that_are_kept_have_no_gradient_and_do_not_move(dtype):
    table = nn.Parameter(torch.randn(4, 3))
    rows = KeptRows(table, [2])
    table.data = table.data.to(dtype)  # as fairseq's --fp16 does, after the model is built
    before = table.detach().clone()
    table.grad = torch.ones_like(table)
    rows.drop_gradients()
    assert table.grad.sum(1).tolist() == [0, 0, 3, 0]
    with torch.no_grad():
        table.mul_(0.5)  # such as weight decay
    rows.restore()
    kept = [0, 1, 3]
    assert torch.equal(table[kept], before[kept]) and torch.equal(table[2], before[2] / 2)


def test_freezing_leaves_the_adapters_only():
    model = nn.Module()
    model.encoder = nn.Module()
    model.encoder.layer, model.encoder.adapters = nn.Linear(2, 2), nn.Linear(2, 1)
    assert freeze(model, "backbone") == (3, 6)
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trained == ["encoder.adapters.weight", "encoder.adapters.bias"]
    assert is_backbone("decoder.adapters.weight") and not is_backbone(trained[0])
    with pytest.raises(UserError, match="nothing to train"):
        freeze(nn.Linear(2, 2), "backbone")
