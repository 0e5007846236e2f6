"""Training that goes on from a model with tasks."""

import pytest
import torch
from tagging_corpus import train_cells

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.multitask.corpus import read_corpus
from hyperadapters.support.errors import UserError

KNOWN = ("qaa", "qba")  # of the three languages of the corpus
UNTRAINED = ("--lr", "0", "--max-update", "1")  # saves what training starts from
ONLY = ("--train-new-languages-only", "--weight-decay", "0.1")
LANGUAGE_TABLE = "encoder.adapters.embeddings.languages.weight"
SETS = "encoder.adapters.sides.encoder."


def corpus_of(tagging, folder, dictionary="dict.txt", ner="ner.{lang}.{split}.tsv"):
    """The files of the fixture `tagging` of two of its three languages."""
    languages = ", ".join(KNOWN)
    folder.mkdir(exist_ok=True)
    (folder / "corpus.yaml").write_text(
        f"""sentencepiece: {tagging}/sentencepiece.model
dictionary: {tagging / dictionary}
tasks:
  pos: {{files: "{tagging}/pos.{{lang}}.{{split}}.conllu", languages: [{languages}]}}
  ner: {{files: "{tagging / ner}", languages: [{languages}]}}
  mlm: {{files: "{tagging}/text.{{lang}}.{{split}}.txt", languages: [{languages}]}}
  translation: {{{KNOWN[0]}-{KNOWN[1]}: "{tagging}/text.{{lang}}.{{split}}.txt"}}
"""
    )
    return folder


@pytest.fixture(scope="module")
def first(tagging, tmp_path_factory):
    """A function that trains a checkpoint on two of the three languages, once for all options."""
    corpus = corpus_of(tagging, tmp_path_factory.mktemp("few"))
    made = {}

    def of(*extra, cells="pos:qaa,ner:qba"):
        if (extra, cells) not in made:
            folder = tmp_path_factory.mktemp("first")
            made[extra, cells] = train_cells(
                corpus, folder, "--max-update", "4", *extra, cells=cells
            )
        return made[extra, cells]

    return of


@pytest.fixture
def goes_on(tagging, tmp_path):
    """Trains from a checkpoint with all three languages; returns what the new checkpoint holds."""

    def train(start, cells, *extra, corpus=tagging, folder="on"):
        extra = ("--init-from", str(start), *extra)
        return load(train_cells(corpus, tmp_path / folder, *extra, cells=cells))

    return train


def test_tables_grow_and_known_weights_stay(first, goes_on):
    path = first("--adapter-bottleneck", "5")
    before, after = load(path), goes_on(path, "mlm:qab:10,ner:qab:12,ner:qba:9", *UNTRAINED)
    record = after["task_state"]
    assert record["languages"] == ["qaa", "qba", "qab"]
    assert record["tasks"] == ["ner", "pos", "mlm"]
    assert record["labels"] == before["task_state"]["labels"]
    assert record["cells"] == {"pos:qaa": 80, "ner:qba": 80, "mlm:qab": 10, "ner:qab": 12}
    for name, tensor in before["model"].items():
        if not name.endswith("_extra_state"):
            assert torch.equal(after["model"][name][: len(tensor)], tensor), name
    for name in (LANGUAGE_TABLE, "encoder.adapters.embeddings.task.weight"):
        rows = after["model"][name]
        assert len(rows) == 3 and torch.equal(rows[2], rows[:2].mean(0))


def test_a_language_of_the_table_that_was_not_trained_is_new(first, goes_on):
    path = first(cells="pos:qaa,ner:qaa")
    rows = goes_on(path, "ner:qba", *UNTRAINED)["model"][LANGUAGE_TABLE]
    assert torch.equal(rows[1], rows[0])
    assert not torch.equal(rows[1], load(path)["model"][LANGUAGE_TABLE][1])


def test_a_new_language_can_start_like_another(first, goes_on):
    rows = goes_on(first(), "mlm:qab", *UNTRAINED, "--new-language-like", "qba")["model"][
        LANGUAGE_TABLE
    ]
    assert torch.equal(rows[2], rows[1]) and not torch.equal(rows[2], rows[0])


def test_stored_adapters_grow(first, goes_on):
    path = first("--adapter-source", "task", "--encoder-adapter-condition", "src,task")
    before = load(path)["model"]
    like = goes_on(path, "ner:qab", *UNTRAINED, "--new-language-like", "qba")["model"]
    fresh = goes_on(path, "ner:qab", *UNTRAINED, folder="fresh")["model"]
    for name, tensor in before.items():
        if name.startswith(SETS):
            assert torch.equal(like[name], tensor) and torch.equal(fresh[name], tensor), name
    assert torch.equal(like[f"{SETS}2-0.up"], before[f"{SETS}1-0.up"])
    assert not fresh[f"{SETS}2-0.up"].any()  # without a language to start like: the identity


def features(path, corpus):
    """What the encoder gives for a sentence of pos:qaa and one of ner:qba."""
    checkpoint = Checkpoint(str(path))
    model = checkpoint.model(checkpoint.task(read_corpus(str(corpus))))
    languages, tasks = checkpoint.metadata["languages"], checkpoint.metadata["tasks"]
    languages = torch.tensor([languages.index("qaa"), languages.index("qba")])
    tokens = torch.tensor([[5, 6, 7, 2], [9, 8, 2, 1]])
    with torch.no_grad():
        out = model.encoder(
            tokens, torch.tensor([4, 3]), src_lang_id=languages, tgt_lang_id=languages,
            task_id=torch.tensor([tasks.index("pos"), tasks.index("ner")]),
        )  # fmt: skip
    return out["encoder_out"][0]


@pytest.mark.parametrize("untied", [(), ("--hyper-untied",)])
def test_adding_translation_leaves_the_other_cells_as_they_are(
    first, goes_on, tagging, tmp_path, untied
):
    path = first(*untied)
    after = goes_on(path, "translation:qaa-qab", *UNTRAINED, "--encoder-langtok", "tgt")
    assert after["task_state"]["tasks"] == ["ner", "pos", "translation"]
    grown = features(tmp_path / "on" / "checkpoint_last.pt", tagging)
    torch.testing.assert_close(grown, features(path, tagging))


def test_symbols_keep_their_embeddings_among_new_language_tokens(first, goes_on):
    path = first("--encoder-langtok", "tgt", cells="translation:qaa-qba,pos:qaa")
    before, after = load(path), goes_on(path, "pos:qab", *UNTRAINED)
    assert after["task_state"]["format"]["encoder_langtok"] == "tgt"
    for name in ("encoder.embed_tokens", "heads.translation.output_projection"):
        old, new = (state["model"][f"{name}.weight"] for state in (before, after))
        # pieces and two tokens, the new token, <mask>
        assert len(new) == len(old) + 1 and torch.equal(new[:-2], old[:-1])
        assert torch.equal(new[-1], old[-1])


def test_new_labels_are_named(first, goes_on, tagging, tmp_path):
    (tmp_path / "odd.tsv").write_text("a\tB-BOAT\nb\tO\n\n" * 3)
    corpus = corpus_of(tagging, tmp_path / "c", ner=tmp_path / "odd.tsv")
    with pytest.raises(UserError, match="ner: .* does not know: B-BOAT; it knows B-"):
        goes_on(first(), "ner:qaa", corpus=corpus)


def test_another_dictionary_is_refused(first, goes_on, tagging, tmp_path):
    symbols = (tagging / "dict.txt").read_text().splitlines(keepends=True)
    (tmp_path / "other.txt").write_text("".join(symbols[::-1]))
    corpus = corpus_of(tagging, tmp_path / "c", dictionary=tmp_path / "other.txt")
    with pytest.raises(UserError, match="other.txt is not the dictionary that it was trained with"):
        goes_on(first(), "pos:qaa", corpus=corpus)


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        ("mlm:qab,ner:qab:20", ("--new-language-like", "qaa", "--dropout", "0.1")),
        ("ner:qab:20", ONLY),
    ],
)
def test_resumed_training_equals_uninterrupted(first, tagging, tmp_path, cells, options):
    words = ("--init-from", str(first()), *options)
    whole = load(train_cells(tagging, tmp_path / "whole", *words, cells=cells))
    train_cells(tagging, tmp_path / "parts", *words, "--max-update", "3", cells=cells)
    parts = load(train_cells(tagging, tmp_path / "parts", *words, cells=cells))
    for name, tensor in whole["model"].items():
        assert torch.equal(parts["model"][name], tensor), name


def test_going_on_with_other_cells_is_said(tagging, tmp_path, caplog):
    train_cells(tagging, tmp_path, "--max-update", "2", cells="pos:qaa,ner:qab")
    train_cells(tagging, tmp_path, "--max-update", "3", cells="pos:qaa:20,ner:qab")
    assert "other cells" not in caplog.text
    train_cells(tagging, tmp_path, "--max-update", "4", cells="pos:qaa,ner:qab,pos:qba")
    assert "trained on other cells: pos:qaa,ner:qab; now pos:qaa,ner:qab,pos:qba" in caplog.text


def test_the_folder_of_the_start_is_no_place_to_save(first, tagging):
    path = first()
    with pytest.raises(UserError, match="lies in --save-dir .*: give another --save-dir"):
        train_cells(tagging, path.parent, "--init-from", str(path))


def changed(before, after):
    """Names of the tensors that are not the same."""
    return {
        name for name, tensor in after["model"].items()
        if not name.endswith("_extra_state") and not torch.equal(tensor, before["model"][name])
    }  # fmt: skip


@pytest.mark.parametrize("optimizer", ["adam", "fused_adam", "nag"])
def test_only_the_rows_of_new_languages_are_trained(first, goes_on, optimizer):
    before = goes_on(first(), "ner:qab", *UNTRAINED, folder="before")
    after = goes_on(first(), "ner:qab", *ONLY, "--optimizer", optimizer)
    assert changed(before, after) == {LANGUAGE_TABLE}
    rows = [state["model"][LANGUAGE_TABLE] for state in (before, after)]
    assert torch.equal(rows[0][:2], rows[1][:2])
    assert (rows[0][2] != rows[1][2]).all()
    assert after["cfg"]["model"]["trained_values"] == 4  # --hyper-lang-dim


def test_only_the_adapters_of_new_languages_are_trained(first, goes_on):
    start = first("--adapter-source", "language", cells="mlm:qaa,mlm:qba")
    before = goes_on(start, "mlm:qab", *UNTRAINED, folder="before")
    found = changed(before, goes_on(start, "mlm:qab", *ONLY))
    assert {name.rpartition(".")[0] for name in found} == {f"{SETS}2"}


@pytest.mark.parametrize(
    ("options", "cells", "message"),
    [
        ((), "ner:qaa,pos:qba", "was trained with all of these languages"),
        ((), "ner:qab,pos:qaa", "pos:qaa has no new language and would train nothing"),
        ((), "mlm:qab", "was not trained with the task mlm, whose head"),
        (("--adapter-source", "shared"), "ner:qab", r"shared\) depend on no language"),
    ],
)
def test_what_new_languages_alone_cannot_train_is_refused(first, goes_on, options, cells, message):
    with pytest.raises(UserError, match=message):
        goes_on(first(*options), cells, *ONLY)


def test_new_languages_alone_need_a_model_with_tasks(tagging, tmp_path):
    with pytest.raises(UserError, match="give a checkpoint of --task hyperx that has adapters"):
        train_cells(tagging, tmp_path, *ONLY)


@pytest.mark.parametrize("source", ["hyper", "language", "stack"])
def test_adapters_can_be_added_to_a_model_without_any(first, goes_on, source):
    path = first("--adapter-source", "none")
    words = ("--adapter-source", source, "--adapter-bottleneck", "6", "--freeze-backbone")
    before, after = load(path)["model"], goes_on(path, "ner:qab", *words)["model"]
    assert any(name.startswith("encoder.adapters.") for name in after)
    for name, tensor in before.items():
        if name.startswith("encoder.") and tensor.dim() > 1:
            assert torch.equal(after[name], tensor), name
    with pytest.raises(UserError, match="has no adapters of a language"):
        goes_on(path, "ner:qab", *words, "--new-language-like", "qaa", folder="like")


def test_adapters_of_another_source_are_not_passed_off(first, goes_on):
    with pytest.raises(UserError, match="--adapter-source task: .* of the source hyper: leave out"):
        goes_on(first(), "pos:qaa", "--adapter-source", "task")


def test_the_language_to_start_like_must_be_known(first, goes_on):
    with pytest.raises(UserError, match="--new-language-like qbb: .* did you mean 'qba'"):
        goes_on(first(), "ner:qab", "--new-language-like", "qbb")
