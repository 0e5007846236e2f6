"""A task with arcs instead of labels is one file: everything else takes it as it is.

The file is this one, a small dependency parser that uses every hook of `Task`.
"""

import shutil
from typing import NamedTuple

import numpy as np
import pytest
import torch
from tagging_corpus import train_cells
from torch import nn

from hyperadapters.comparison.signatures import metric_of
from hyperadapters.metrics.tags import METRICS, Accuracy
from hyperadapters.multitask.all_tasks import TASKS
from hyperadapters.multitask.readers import read_conllu, sliced, with_text
from hyperadapters.multitask.task import CellResult, Encoded, Task, mean_cross_entropy
from hyperadapters.support.errors import UserError


@METRICS.register("LAS")
class LabelledAttachment(Accuracy):
    """The share of words with the right head and relation."""

    title = "LAS"


@METRICS.register("UAS")
class UnlabelledAttachment(Accuracy):
    """The share of words with the right head, from tags `head:relation`."""

    title = "UAS"

    @classmethod
    def count(cls, predicted, gold):
        return super().count(*([tag.split(":")[0] for tag in tags] for tags in (predicted, gold)))


class Tree(NamedTuple):
    """A sentence with the head (0 for the root) and the relation of each word."""

    words: tuple
    heads: tuple
    relations: tuple


class ArcHead(nn.Module):
    """Scores arcs by products of word features, and relations by the dependent alone."""

    def __init__(self, width, relations):
        super().__init__()
        self.head, self.dependent = nn.Linear(width, width), nn.Linear(width, width)
        self.relation = nn.Linear(width, relations)
        self.root = nn.Parameter(torch.zeros(width))

    def forward(self, features):
        """Features [b, W, C] to arcs [b, W, W + 1] and relations [b, W, R]."""
        root = self.root.expand(len(features), 1, -1)
        heads = self.head(torch.cat([root, features], dim=1))
        return self.dependent(features) @ heads.transpose(1, 2), self.relation(features)


class Parsing(Task):
    name, title = "parse", "dependency parsing"
    metric = LabelledAttachment
    uses_all_layers = True
    has_further_figures = True

    def read(self, file):
        trees = (
            Tree(
                tuple(word.form for word in words),
                tuple(int(word.columns[6]) for word in words),
                tuple(word.columns[7] for word in words),
            )
            for words in read_conllu(file)
        )
        return iter(with_text(file, list(sliced(file, trees))))

    def label_table(self, sentences):
        return sorted({relation for tree in sentences for relation in tree.relations})

    def encode(self, sentence, context, direction, report):
        labels = context.labels[self.name]
        (source, positions), *more = context.pieces.parts_of_words(sentence.words)
        if more:
            report.long, report.dropped = report.long + 1, report.dropped + 1
            return
        ids = [labels.index(one) if one in labels else -1 for one in sentence.relations]
        gold = np.array([sentence.heads, ids], dtype=np.int32).T
        yield Encoded(0, np.array(source, dtype=np.int32), np.array(positions), gold)

    def collate(self, items, rows, context):
        counts = [len(item.positions) for item in items]
        positions = torch.zeros(len(items), max(counts), dtype=torch.long)
        for row, item in enumerate(items):
            positions[row, : counts[row]] = torch.from_numpy(item.positions)
        is_word = torch.arange(max(counts)) < torch.tensor(counts)[:, None]
        inputs = {"rows": rows, "positions": positions, "is_word": is_word}
        return inputs, torch.from_numpy(np.concatenate([item.gold for item in items])).long()

    def head(self, args, model, labels):
        return ArcHead(args.encoder_embed_dim, len(labels))

    def forward(self, head, encoder_out, inputs):
        layers = torch.stack(encoder_out["encoder_states"]).mean(0)  # [T, B, C]
        arcs, relations = head(layers[inputs["positions"], inputs["rows"][:, None]])
        is_head = nn.functional.pad(inputs["is_word"], (1, 0), value=True)
        return arcs.masked_fill(~is_head[:, None], -1e4), relations, inputs["is_word"]

    def loss(self, output, gold, options):
        arcs, relations, is_word = output
        return mean_cross_entropy(arcs[is_word], gold[:, 0]) + mean_cross_entropy(
            relations[is_word], gold[:, 1]
        )

    def decode(self, output, sizes):
        best = torch.stack([scores.argmax(-1) for scores in output[:2]], dim=-1)  # [b, W, 2]
        return [best[row, :size].tolist() for row, size in enumerate(sizes)]

    def evaluate(self, sentences, predictor):
        labels = predictor.context.labels[self.name]
        arcs = [[(0, "_")] * len(tree.words) for tree in sentences]  # of those that are too long
        predictions = predictor.apply(
            lambda output, items: self.decode(output, [len(item.gold) for item in items])
        )
        for part, predicted in zip(predictor.sentences, predictions):
            arcs[part.sentence] = [(head, labels[relation]) for head, relation in predicted]
        rows, blocks = [], []
        for tree, predicted in zip(sentences, arcs):
            gold = zip(tree.heads, tree.relations)
            tags = [[f"{head}:{one}" for head, one in side] for side in (gold, predicted)]
            rows.append(list(zip(tree.words, *tags)))
            lines = (
                f"{number}\t{word}\t_\t_\t_\t_\t{head}\t{relation}\t_\t_\n"
                for number, (word, (head, relation)) in enumerate(zip(tree.words, predicted), 1)
            )
            blocks.append("".join(lines) + "\n")
        return CellResult(rows, files={".conllu": "".join(blocks)})

    def metrics(self, direction, options):
        return {"LAS": LabelledAttachment(), "UAS": UnlabelledAttachment()}


@pytest.fixture
def corpus(tagging, tmp_path, monkeypatch):
    """The tagging corpus with cells of the new task, which is registered."""
    monkeypatch.setitem(TASKS._things, Parsing.name, Parsing())
    folder = tmp_path / "corpus"
    shutil.copytree(tagging, folder)
    with open(folder / "corpus.yaml", "a") as file:
        file.write('  parse: {files: "pos.{lang}.{split}.conllu", languages: [qaa, qab]}\n')
    return folder


def test_it_is_trained_validated_and_evaluated_like_any_other(corpus, tmp_path, run):
    checkpoint = train_cells(
        corpus, tmp_path / "save", "--max-update", "60", cells="parse:qaa,pos:qab,mlm:qaa"
    )
    assert 0 < torch.load(checkpoint, weights_only=True)["extra_state"]["val_loss"] < 100
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
    written = list(read_conllu_file(out / "predictions" / "parse.qaa.conllu"))
    assert len(written) == cell["sentences"]
    assert "translation and dependency parsing" in (out / "evaluation.md").read_text()


def read_conllu_file(path):
    from hyperadapters.multitask.readers import FileSlice

    return read_conllu(FileSlice((path,)))


def test_without_its_file_nothing_knows_it(tagging, tmp_path):
    with pytest.raises(UserError, match="unknown task 'parse'"):
        train_cells(tagging, tmp_path, cells="parse:qaa")
