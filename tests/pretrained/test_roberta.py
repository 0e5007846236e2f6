"""Training on top of a RoBERTa."""

from types import SimpleNamespace

import pytest
import torch
from fairseq import options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.models.roberta import RobertaModel
from omegaconf import OmegaConf
from tagging_corpus import encode, load_cells, train_cells

from hyperadapters.checkpoints import load
from hyperadapters.multitask.pieces import load_dictionary
from hyperadapters.support.errors import UserError
from hyperadapters.training.freezing import is_backbone, is_norm

UNTRAINED = ("--lr", "0", "--max-update", "1", "--max-pieces", "30")
CELLS = "pos:qaa:20,mlm:qba:20"


@pytest.fixture(scope="module")
def original(tagging):
    """fairseq's own RoBERTa of 30 positions, and its arguments."""
    words = [
        str(tagging), "--task", "masked_lm", "--criterion", "masked_lm", "--arch", "roberta",
        "--encoder-layers", "2", "--encoder-embed-dim", "12", "--encoder-ffn-embed-dim", "20",
        "--encoder-attention-heads", "3", "--tokens-per-sample", "30",
    ]  # fmt: skip
    args = options.parse_args_and_arch(options.get_training_parser("masked_lm"), words)
    dictionary = load_dictionary(tagging / "dict.txt")  # the task adds <mask> as we do
    model = RobertaModel.build_model(args, SimpleNamespace(source_dictionary=dictionary))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval(), args


@pytest.fixture(scope="module")
def roberta(original, tmp_path_factory):
    """Its checkpoint, as fairseq's trainer writes them."""
    model, args = original
    path = tmp_path_factory.mktemp("roberta") / "model.pt"
    cfg = convert_namespace_to_omegaconf(args)
    cfg = OmegaConf.to_container(cfg, resolve=True, enum_to_str=True)
    torch.save({"args": None, "cfg": cfg, "model": model.state_dict()}, path)
    return path


@pytest.fixture(scope="module")
def old_roberta(original, tmp_path_factory):
    """The same under the names and in the format of fairseq's first versions."""
    model, args = original
    tensors = {}
    for name, tensor in model.state_dict().items():
        name = name.replace("encoder.", "decoder.", 1)
        tensors[name.replace("layernorm_embedding", "emb_layer_norm")] = tensor
    for layer in range(2):
        prefix = f"decoder.sentence_encoder.layers.{layer}.self_attn"
        for kind in ("weight", "bias"):
            parts = [tensors.pop(f"{prefix}.{part}_proj.{kind}") for part in "qkv"]
            tensors[f"{prefix}.in_proj_{kind}"] = torch.cat(parts)
    path = tmp_path_factory.mktemp("old") / "model.pt"
    torch.save({"args": args, "model": tensors}, path)
    return path


@pytest.mark.parametrize("version", ["roberta", "old_roberta"])
@pytest.mark.parametrize("place", ["after_layer", "after_feed_forward"])
def test_a_roberta_starts_as_it_is(tagging, tmp_path, original, request, version, place):
    path = request.getfixturevalue(version)
    words = ("--init-from", str(path), *UNTRAINED, "--adapter-place", place)
    saved = train_cells(tagging, tmp_path, *words, cells=CELLS)
    model, checkpoint = load_cells(saved, tagging)
    assert checkpoint.metadata["format"]["bos"]
    assert checkpoint.config.encoder_learned_pos and checkpoint.config.post_norm
    tokens = torch.tensor([[0, *range(5, 33), 2], [0, 7, 9, 2] + [1] * 26])
    with torch.no_grad():
        expected = original[0](tokens, features_only=True)[0]
        assert torch.equal(encode(model, tokens), expected)
        scores = original[0].encoder.lm_head(expected)
        assert torch.equal(model.heads["mlm"](expected), scores)  # of <mask> and all other pieces


def test_a_frozen_roberta_stays_as_it_is(tagging, tmp_path, roberta):
    words = ("--init-from", str(roberta), "--max-pieces", "30", "--freeze-backbone")
    before = load(str(train_cells(tagging, tmp_path / "0", *words, *UNTRAINED, cells=CELLS)))
    frozen = load(str(train_cells(tagging, tmp_path / "1", *words, cells=CELLS)))
    norms = load(
        str(train_cells(tagging, tmp_path / "2", *words, "--train-layer-norms", cells=CELLS))
    )
    changed = [
        {name for name, tensor in state["model"].items()
         if is_backbone(name) and not torch.equal(tensor, before["model"][name])}
        for state in (frozen, norms)
    ]  # fmt: skip
    assert not changed[0] - {"_extra_state"}
    expected = {name for name in before["model"] if is_norm(name)}
    assert len(expected) == 2 * (1 + 2 * 2) and changed[1] - {"_extra_state"} == expected
    heads = [name for name in before["model"] if name.startswith("heads.pos")]
    assert all(not torch.equal(frozen["model"][n], before["model"][n]) for n in heads)


def test_language_tokens_leave_the_mask_its_embedding(tagging, tmp_path, roberta):
    words = ("--init-from", str(roberta), *UNTRAINED, "--encoder-langtok", "tgt")
    saved = train_cells(tagging, tmp_path, *words, cells="translation:qaa-qab,mlm:qaa")
    model, checkpoint = load_cells(saved, tagging)
    stored = load(str(roberta))["model"]["encoder.sentence_encoder.embed_tokens.weight"]
    rows, known = model.encoder.embed_tokens.weight, len(stored) - 1
    assert torch.equal(rows[:known], stored[:-1]) and torch.equal(rows[-1], stored[-1])
    for row in rows[known:-1]:  # of the three language tokens
        torch.testing.assert_close(row, stored.mean(0))
    assert len(rows) == len(stored) + 3
    assert model.decoder.output_projection.weight is rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--max-pieces", "31"), "--max-pieces 31: the encoder has 30 positions: give at most 30"),
        (("--max-pieces", "30", "--freeze-backbone"), "has no decoder, and that of translation"),
        (("--max-pieces", "30", "--new-language-like", "qaa"), "has no adapters of a language"),
    ],
)
def test_what_does_not_go_with_a_roberta_is_refused(tagging, tmp_path, roberta, options, message):
    with pytest.raises(UserError, match=message):
        words = ("--init-from", str(roberta), *options)
        train_cells(tagging, tmp_path, *words, cells="translation:qaa-qab,pos:qaa")
