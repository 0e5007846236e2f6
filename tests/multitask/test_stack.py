"""Task adapters on top of language adapters, and the other baselines."""

import pytest
import torch
from tagging_corpus import train_cells

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.multitask.corpus import read_corpus
from hyperadapters.support.errors import UserError

MLM = "mlm:qaa,mlm:qba"
LANGUAGES = "encoder.adapters.parts.language."
TASKS = "encoder.adapters.parts.task."
UNTRAINED = ("--lr", "0", "--max-update", "1")


@pytest.fixture(scope="module")
def language_adapters(tagging, tmp_path_factory):
    """Language adapters, trained with masked language modelling."""
    words = ("--adapter-source", "language", "--freeze-backbone")
    return train_cells(tagging, tmp_path_factory.mktemp("language"), *words, cells=MLM)


@pytest.fixture
def stacked(tagging, tmp_path, language_adapters):
    """Trains a stack on top of them; returns the checkpoint's path."""

    def train(*extra, cells="pos:qaa,ner:qba", start=language_adapters, folder="stack"):
        words = ("--adapter-source", "stack", "--init-from", str(start), "--freeze-backbone")
        return train_cells(tagging, tmp_path / folder, *words, *extra, cells=cells)

    return train


def encode(path, corpus, language, task):
    """What the encoder gives for a sentence in a language and task [T, 1, C]."""
    checkpoint = Checkpoint(str(path))
    model = checkpoint.model(checkpoint.task(read_corpus(str(corpus))))
    language = torch.tensor([checkpoint.metadata["languages"].index(language)])
    with torch.no_grad():
        return model.encoder(
            torch.tensor([[5, 6, 7, 8, 2]]), torch.tensor([5]), src_lang_id=language,
            tgt_lang_id=language, task_id=torch.tensor([checkpoint.metadata["tasks"].index(task)]),
        )["encoder_out"][0]  # fmt: skip


def changed(before, after, prefix=""):
    """Names of the tensors with a prefix that are not the same."""
    return {
        name for name, tensor in after.items()
        if name.startswith(prefix) and not name.endswith("_extra_state")
        and not torch.equal(tensor, before[name])
    }  # fmt: skip


def test_a_stack_starts_as_its_language_adapters(tagging, stacked, language_adapters):
    path = stacked(*UNTRAINED)
    for language in ("qaa", "qba"):
        own = encode(language_adapters, tagging, language, "mlm")
        for task in ("pos", "ner", "mlm"):
            assert torch.equal(encode(path, tagging, language, task), own)


def test_task_adapters_alone_are_trained(stacked, language_adapters):
    before, after = load(str(stacked(*UNTRAINED, folder="0")))["model"], load(str(stacked()))
    assert after["cfg"]["model"]["adapter_bottleneck"] == 4
    found = changed(before, after["model"])
    ids = [after["task_state"]["tasks"].index(task) for task in ("pos", "ner")]
    trained = tuple(f"{TASKS}sides.encoder.{number}." for number in ids)
    assert {name for name in found if not name.startswith("heads.")} == {
        name for name in before if name.startswith(trained)
    }
    assert {name.split(".")[1] for name in found if name.startswith("heads.")} == {"pos", "ner"}
    stage_one = load(str(language_adapters))["model"]
    sets = "encoder.adapters.sides.encoder.0."
    for name in (name for name in stage_one if name.startswith(sets)):
        own = name.replace("encoder.adapters.", LANGUAGES)
        assert torch.equal(after["model"][own], stage_one[name])


def test_the_language_adapter_is_swapped_in_zero_shot_cells(tagging, stacked):
    path = stacked("--lr", "0.05")
    zero_shot = encode(path, tagging, "qba", "pos")  # pos was trained with qaa only
    assert not torch.equal(zero_shot, encode(path, tagging, "qaa", "pos"))
    assert not torch.equal(zero_shot, encode(path, tagging, "qba", "ner"))


def test_languages_without_an_adapter_are_refused_unless_it_is_trained_too(stacked):
    with pytest.raises(UserError, match="no trained language adapter of qab: train it first"):
        stacked(cells="pos:qaa,pos:qab")
    before = load(str(stacked(*UNTRAINED, "--train-language-adapters", folder="0")))["model"]
    after = load(str(stacked("--train-language-adapters", cells="pos:qaa")))["model"]
    found = changed(before, after, LANGUAGES)
    assert found and all(name.startswith(f"{LANGUAGES}sides.encoder.0.") for name in found)


def test_a_language_can_be_added_to_a_stack(tagging, stacked):
    first = stacked(cells="pos:qaa", folder="1")
    words = ("--train-new-languages-only", "--weight-decay", "0.1")
    before = load(str(stacked(*UNTRAINED, *words, cells="mlm:qab", start=first, folder="2")))
    after = load(str(stacked(*words, cells="mlm:qab", start=first, folder="3")))
    number = after["task_state"]["languages"].index("qab")
    found = changed(before["model"], after["model"])
    assert found and all(n.startswith(f"{LANGUAGES}sides.encoder.{number}.") for n in found)


def test_without_language_adapters_to_start_from_both_are_trained(tagging, tmp_path):
    words = ("--adapter-source", "stack")
    before = load(str(train_cells(tagging, tmp_path / "0", *words, *UNTRAINED)))["model"]
    after = load(str(train_cells(tagging, tmp_path / "1", *words)))["model"]
    assert changed(before, after, LANGUAGES) and changed(before, after, TASKS)


def test_a_stack_needs_a_task_and_a_language(tagging, tmp_path):
    words = ("--adapter-source", "stack", "--encoder-adapter-condition", "task")
    with pytest.raises(UserError, match="a stack depends on a language and on the task"):
        train_cells(tagging, tmp_path, *words)


BASELINES = {
    "full fine-tuning": ("--adapter-source", "none"),
    "task": ("--adapter-source", "task"),
    "task and language": ("--adapter-source", "task", "--encoder-adapter-condition", "src,task"),
    "language": ("--adapter-source", "language"),
    "shared": ("--adapter-source", "shared"),
    "hyper-x": ("--adapter-source", "hyper"),
}
# the stored sets of pos:qaa and ner:qba, with the ids of both tables in the order of the names
SETS = {
    "task": {"0", "1"}, "task and language": {"0-1", "2-0"}, "language": {"0", "2"},
    "shared": {"shared"},
}  # fmt: skip


@pytest.mark.parametrize("baseline", BASELINES)
def test_baselines_train_what_they_should(tagging, tmp_path, baseline):
    words = BASELINES[baseline]
    if baseline != "full fine-tuning":
        words += ("--freeze-backbone",)
    before = load(str(train_cells(tagging, tmp_path / "0", *words, *UNTRAINED)))
    after = load(str(train_cells(tagging, tmp_path / "1", *words)))
    assert after["task_state"]["languages"] == ["qaa", "qab", "qba"]
    assert after["task_state"]["tasks"] == ["ner", "pos"]
    found = changed(before["model"], after["model"])
    assert any(name.startswith("heads.") for name in found)
    assert any(name.startswith("encoder.layers.") for name in found) == (
        baseline == "full fine-tuning"
    )
    if baseline in SETS:
        keys = {name.split(".")[4] for name in found if name.startswith("encoder.adapters.sides.")}
        assert keys == SETS[baseline]


def test_pair_adapters_are_refused(tagging, tmp_path):
    with pytest.raises(UserError, match="a sentence that is tagged has no language pair"):
        train_cells(tagging, tmp_path, "--adapter-source", "pair")
