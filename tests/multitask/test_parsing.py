"""Dependency parsing: trees, scores, and its way from a treebank to predictions."""

import itertools
import shutil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tagging_corpus import train_cells

from hyperadapters.comparison.signatures import metric_of
from hyperadapters.metrics.attachment import LabelledAttachment, UnlabelledAttachment
from hyperadapters.multitask.biaffine import BiaffineParser
from hyperadapters.multitask.parsing import Parsing, add_part, part_arc
from hyperadapters.multitask.readers import FileSlice
from hyperadapters.multitask.spanning_tree import best_tree, is_tree
from hyperadapters.support.errors import UserError

SENTENCE = """# text = Don't go
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\t_\t_\t3\taux\t3:aux\t_
2\tn't\tnot\tPART\t_\t_\t3\tadvmod:neg\t3:advmod\t_
3\tgo\tgo\tVERB\t_\t_\t0\troot\t0:root\t_
3.1\tnow\tnow\tADV\t_\t_\t_\t_\t3:advmod\t_

"""


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 4), st.integers(0, 10_000))
def test_no_tree_scores_higher(words, seed):
    scores = np.random.default_rng(seed).normal(size=(words, words + 1))
    trees = [heads for heads in itertools.product(range(words + 1), repeat=words) if is_tree(heads)]
    totals = [sum(scores[word, head] for word, head in enumerate(heads)) for heads in trees]
    assert best_tree(scores) == list(trees[int(np.argmax(totals))])


@pytest.mark.parametrize(
    "heads,tree",
    [([0], True), ([2, 0], True), ([0, 0], False), ([2, 1], False), ([0, 3, 2], False)],
)
def test_a_tree_has_one_root_and_no_cycle(heads, tree):
    assert is_tree(heads) is tree


def test_scores_are_of_heads_and_universal_relations():
    gold, predicted = "2:nsubj:pass 0:root 2:obl", "2:nsubj 0:root 1:obl:arg"
    scores = [
        metric().corpus_score([predicted], [[gold]]).score
        for metric in (LabelledAttachment, UnlabelledAttachment)
    ]
    assert scores == pytest.approx([200 / 3, 200 / 3])
    assert LabelledAttachment().corpus_score(["2:obj 0:root"], [["2:nsubj 0:root"]]).score == 50


def test_predictions_keep_the_lines_of_the_file(tmp_path):
    path = tmp_path / "a.conllu"
    path.write_text(SENTENCE)
    (sentence,) = Parsing().read(FileSlice((path,)))
    assert sentence.words == ("Do", "n't", "go")
    assert sentence.arcs == ((3, "aux"), (3, "advmod"), (0, "root"))
    lines = sentence.conllu([(2, "aux"), (0, "root"), (2, "obj")]).split("\n")
    assert lines[0] == "# text = Don't go" and lines[1].startswith("1-2\t")
    assert lines[2] == "1\tDo\tdo\tAUX\t_\t_\t2\taux\t_\t_" and lines[-2:] == ["", ""]
    assert lines[5].startswith("3.1\t")


@pytest.mark.parametrize(
    "old,new,message",
    [
        ("\t3\taux", "\t9\taux", "line 3: '9' is no head of word 1 of 3"),
        ("\t3\taux", "\t1\taux", "line 3: '1' is no head of word 1"),
        ("\t3\taux", "\t_\taux", "line 3: '_' is no head"),
        ("\taux\t", "\tAuxV\t", "line 3: 'AuxV' is no universal relation"),
        ("\t0\troot", "\t0\tobj", "line 5: head 0 and relation 'obj'"),
        ("\t3\taux\t3:aux\t_", "", "line 3 has 6 columns"),
    ],
)
def test_what_is_no_tree_is_refused_by_line(tmp_path, old, new, message):
    path = tmp_path / "a.conllu"
    path.write_text(SENTENCE.replace(old, new))
    with pytest.raises(UserError, match=message):
        list(Parsing().read(FileSlice((path,))))


def test_sentences_with_two_roots_are_counted(tmp_path, caplog):
    path = tmp_path / "a.conllu"
    path.write_text(SENTENCE + SENTENCE.replace("\t3\taux", "\t0\troot"))
    assert len(list(Parsing().read(FileSlice((path,))))) == 2
    assert "1 of 2 sentences are no trees with one root" in caplog.text


def test_a_look_up_of_words_gives_arcs(tmp_path):
    path = tmp_path / "a.conllu"
    path.write_text(SENTENCE)
    task = Parsing()
    (sentence,) = task.read(FileSlice((path,)))
    labels = task.word_labels(sentence)
    assert labels == ["+2:aux", "+1:advmod", "root"]
    (rows,) = task.label_result([sentence], [["+2:aux", "+7:obj", "root"]], ()).rows
    assert [predicted for _, _, predicted in rows] == ["3:aux", "0:root", "0:root"]


def test_parts_of_a_long_sentence_make_one_tree():
    assert [part_arc(head, 7, 2, 3) for head in (0, 2, 3, 5, 6)] == [
        (0, 7), (-1, -1), (1, 7), (3, 7), (-1, -1),
    ]  # fmt: skip
    arcs = []
    for part in ([(2, "nsubj"), (0, "root")], [(0, "root"), (1, "obj")]):
        add_part(arcs, part)
    assert arcs == [(2, "nsubj"), (0, "root"), (2, "dep"), (3, "obj")]
    assert is_tree([head for head, _ in arcs])


def parser(dropout=0.0):
    torch.manual_seed(1)
    model = BiaffineParser(12, 3, ("dep", "root", "obj"), dropout, "root")
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model.eval()


def batch(lengths):
    """Layers [T, B, C] of random features, and the inputs for sentences of so many words."""
    torch.manual_seed(2)
    states = [torch.randn(max(lengths) + 2, len(lengths), 12) for _ in range(3)]
    counts = torch.tensor(lengths)
    rows = torch.arange(len(lengths)).repeat_interleave(counts)
    positions = torch.cat([torch.arange(1, length + 1) for length in lengths])
    return states, rows, positions, torch.arange(max(lengths)) < counts.unsqueeze(1)


def test_a_batch_scores_as_its_sentences_do():
    model, lengths = parser(), [4, 1, 3]
    states, rows, positions, is_word = batch(lengths)
    together = model(states, rows, positions, is_word)
    for row, (arcs, relations) in enumerate(zip(*(part.split(lengths) for part in together))):
        size = lengths[row]
        alone = model(
            [state[:, row : row + 1] for state in states],
            torch.zeros(size, dtype=torch.long), torch.arange(1, size + 1),
            torch.ones(1, size, dtype=torch.bool),
        )  # fmt: skip
        torch.testing.assert_close(arcs[:, : size + 1], alone.arcs)
        torch.testing.assert_close(relations[:, : size + 1], alone.relations)
        assert arcs[:, size + 1 :].isneginf().all()
        assert arcs[range(size), range(1, size + 1)].isneginf().all()  # no word heads itself
    assert together.relations[:, 0].argmax(-1).eq(1).all()
    assert together.relations[:, 1:].argmax(-1).ne(1).all()


def test_every_parameter_of_the_parser_learns():
    model, task = parser(), Parsing()
    states, rows, positions, is_word = batch([3, 2])
    gold = torch.tensor([[2, 2], [0, 1], [2, 0], [0, 1], [1, 2]])
    task.loss(model(states, rows, positions, is_word), gold, None).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_arcs_to_other_parts_are_no_part_of_the_loss():
    model, task = parser(), Parsing()
    output = model(*batch([3]))
    known = torch.tensor([[2, 2], [0, 1], [-1, -1]])
    loss = task.loss(output, known, None)
    cut = type(output)(*(part[:2] for part in output))
    torch.testing.assert_close(loss, task.loss(cut, known[:2], None))


@pytest.fixture(scope="module")
def corpus(tagging, tmp_path_factory):
    """The tagging corpus with cells of parsing."""
    folder = tmp_path_factory.mktemp("parsing") / "corpus"
    shutil.copytree(tagging, folder)
    with open(folder / "corpus.yaml", "a") as file:
        file.write('  parse: {files: "pos.{lang}.{split}.conllu", languages: [qaa, qab]}\n')
    return folder


def test_it_is_trained_validated_and_evaluated_like_any_other(corpus, tmp_path, run):
    checkpoint = train_cells(
        corpus, tmp_path / "save", "--max-update", "60", cells="parse:qaa,pos:qab,ner:qaa,mlm:qaa"
    )
    best = torch.load(checkpoint, weights_only=True)["extra_state"]["val_loss"]
    assert 0 < best < 100
    out = tmp_path / "out"
    result = run(
        "evaluate-tagging", "--checkpoint", checkpoint, "--data", corpus, "--out", out, "--cpu",
        "--cells", "parse:qaa,parse:qab", "--json",
    )  # fmt: skip
    cell = result["cells"]["parse:qaa"]
    assert cell["metric"] == "LAS" and cell["trained"] and not cell["unknown_labels"]
    assert 10 < cell["score"] <= cell["others"]["UAS"]["score"] < 100
    assert result["averages"]["zero_shot"]["parse"] == result["cells"]["parse:qab"]["score"]
    assert str(metric_of("LAS", cell["signature"]).settings) == "{'unit': 'words'}"
    path = out / "predictions" / "parse.qaa.conllu"
    written = list(Parsing().read(FileSlice((path,))))
    assert len(written) == cell["sentences"]
    assert all(is_tree([head for head, _ in sentence.arcs]) for sentence in written)
    assert "translation and dependency parsing" in (out / "evaluation.md").read_text()
