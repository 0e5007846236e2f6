"""Files of head masks, and trainings that start from one."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.subnetworks.masks import HeadMasks
from hyperadapters.support.errors import UserError

PLACE = "encoder.self_attn.heads"


@given(st.integers(1, 4), st.integers(1, 5), st.randoms())
def test_what_is_read_is_what_was_written(tmp_path_factory, layers, heads, random):
    def mask():
        return torch.tensor([[random.random() < 0.5 for _ in range(heads)] for _ in range(layers)])

    path = tmp_path_factory.mktemp("masks") / "masks.json"
    masks = HeadMasks({PLACE: (layers, heads)}, {c: {PLACE: mask()} for c in "ab"}, {"kept": 0.5})
    masks.write(path)
    read = HeadMasks.read(path)
    assert (read.places, read.origin) == (masks.places, masks.origin)
    assert all(torch.equal(read.masks[code][PLACE], masks.masks[code][PLACE]) for code in "ab")


def test_overlap_is_the_share_of_common_heads():
    masks = HeadMasks(
        {PLACE: (1, 4)},
        {"a": {PLACE: torch.tensor([[True, True, False, True]])},
         "b": {PLACE: torch.tensor([[True, False, True, False]])}},
    )  # fmt: skip
    assert masks.overlap("a", "b") == 1 / 4 and masks.overlap("a", "a") == 1


def write_masks(path, places=None, **masks):
    masks = masks or {"qaa": ["1000", "0111"], "qba": ["1111", "0001"]}
    content = {code: {PLACE: rows} for code, rows in masks.items()}
    path.write_text(json.dumps({"places": places or {PLACE: [2, 4]}, "masks": content}))
    return path


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"places": {}}', '{"places": {"a": [1, 2]}, "masks": {"x": {"a": ["12"]}}}'],
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "masks.json"
    path.write_text(content)
    with pytest.raises(UserError, match="holds no head masks"):
        HeadMasks.read(path)


OPTIONS = (
    "--encoder-attention-heads", "4", "--extra-adapters", "head_mask:language@src/",
    "--adapter-source", "task", "--max-update", "6",
)  # fmt: skip


def stored_masks(checkpoint):
    tensors = Checkpoint(str(checkpoint)).weights
    return {
        name.split(".")[-2]: (1 + tensor).tolist()
        for name, tensor in tensors.items()
        if name.endswith("change")
    }


def test_masks_of_a_file_stay_as_they_are(tagging, tmp_path, run):
    masks = write_masks(tmp_path / "masks.json")
    checkpoint = train_cells(tagging, tmp_path / "save", *OPTIONS, "--head-masks", str(masks))
    assert stored_masks(checkpoint) == {
        "0": [[1, 0, 0, 0], [0, 1, 1, 1]], "1": [[1, 1, 1, 1]] * 2, "2": [[1, 1, 1, 1], [0, 0, 0, 1]],
    }  # fmt: skip
    masks.unlink()  # the checkpoint knows them
    result = run(
        "evaluate-tagging", "--checkpoint", checkpoint, "--data", tagging, "--out", tmp_path / "out",
        "--cells", "pos:qaa", "--cpu", "--json",
    )  # fmt: skip
    assert result["cells"]["pos:qaa"]["sentences"]


@pytest.mark.parametrize(
    "extra,masks,message",
    [
        ((), {}, "give --head-masks FILE"),
        (("--head-masks", "masks"), {"qzz": ["1111", "1111"]}, "know 'qzz', the model does not"),
        (("--head-masks", "masks"), {"places": {PLACE: [3, 4]}, "qaa": ["1111"] * 3}, "3 layers of 4"),
        (("--head-masks", "no-file"), {}, "cannot read the head masks"),
        (("--head-masks", "masks", "--head-mask-kept", "0.75"), {}, "keeps 4 of 8 heads"),
        (("--head-masks", "masks", "--extra-adapters", ""), {}, "no adapters are masks"),
        (
            ("--head-masks", "masks", "--head-mask-kept", "0.5", "--extra-adapters", "head_mask:hyper"),
            {}, "masks that are generated are learnt",
        ),
        (
            ("--head-masks", "masks", "--extra-adapters", "head_mask:task"),
            {}, "must depend on one language",
        ),
    ],
)  # fmt: skip
def test_masks_that_do_not_fit_are_refused(tagging, tmp_path, extra, masks, message):
    path = write_masks(tmp_path / "masks", **masks)
    extra = [str(path.with_name(word)) if word in ("masks", "no-file") else word for word in extra]
    with pytest.raises(UserError, match=message):
        train_cells(tagging, tmp_path / "save", *OPTIONS, *extra)
