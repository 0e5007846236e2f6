"""Labels of validation that training never showed."""

import shutil

import torch
from tagging_corpus import train_cells


def test_validation_counts_them_as_errors(tagging, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(tagging, data)
    file = data / "ner.qba.valid.tsv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("\tO\n", "\tB-NEW\n"), encoding="utf-8"
    )
    options = ("--max-update", "2", "--best-checkpoint-metric", "loss")
    checkpoint = train_cells(data, tmp_path / "all", *options, cells="ner:qba")
    extra = torch.load(checkpoint, weights_only=True)["extra_state"]
    assert 0 < extra["val_loss"] < 100
