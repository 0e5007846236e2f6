"""Dependency parsing with the universal relations."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..metrics.attachment import LabelledAttachment, UnlabelledAttachment
from ..support.errors import UserError
from .biaffine import ArcScores, BiaffineParser
from .readers import Block, ConlluWord, FileSlice, blocks, conllu_words, sliced, with_text
from .spanning_tree import ROOT, best_tree, is_tree
from .task import (
    UNKNOWN_LABEL,
    CellResult,
    Counts,
    Encoded,
    EncodingReport,
    Predictor,
    Task,
    TaskContext,
    mean_cross_entropy,
)

logger = logging.getLogger(__name__)

RELATIONS = (
    "acl", "advcl", "advmod", "amod", "appos", "aux", "case", "cc", "ccomp", "clf", "compound", "conj",
    "cop", "csubj", "dep", "det", "discourse", "dislocated", "expl", "fixed", "flat", "goeswith",
    "iobj", "list", "mark", "nmod", "nsubj", "nummod", "obj", "obl", "orphan", "parataxis", "punct",
    "reparandum", "root", "vocative", "xcomp",
)  # fmt: skip
ROOT_RELATION = "root"
JOINT = "dep"  # between the parts of a sentence that is too long for the encoder
HEAD, DEPREL, DEPS = 6, 7, 8  # columns of CoNLL-U

Arc = tuple[int, str]  # head, 0 for the root, and relation


@dataclass(frozen=True)
class Tree:
    """A sentence with the tree of its words.

    Args:
        words: the words.
        arcs: head and universal relation of each word.
        block: its lines in the file, comments and multiword tokens included.
    """

    words: tuple[str, ...]
    arcs: tuple[Arc, ...]
    block: tuple[str, ...]

    def conllu(self, arcs: Sequence[Arc]) -> str:
        """Its lines with other arcs, and without enhanced ones."""
        rest = iter(arcs)
        lines = []
        for line in self.block:
            columns = line.split("\t")
            if columns[0].isdecimal():
                head, relation = next(rest)
                columns[HEAD : DEPS + 1] = str(head), relation, "_"
            lines.append("\t".join(columns))
        return "\n".join(lines) + "\n\n"


class Parsing(Task):
    """Dependency trees of CoNLL-U files, by a biaffine parser, scored by LAS and UAS.

    Relations are the universal ones, without their subtypes. A sentence that is too long for the
    encoder is parsed in parts, the roots of the later ones below that of the first.
    """

    name = "parse"
    title = "dependency parsing"
    metric = LabelledAttachment
    uses_all_layers = True
    labels_words = True
    has_further_figures = True

    def read(self, file: FileSlice) -> Iterator[Tree]:
        """Reads words with their heads and relations.

        Raises:
            UserError: naming the line that is no CoNLL-U, or has another relation or no possible head.
        """
        trees = (tree(file, block) for block in blocks(file))
        sentences = with_text(file, list(sliced(file, (each for each in trees if each.words))))
        odd = sum(not is_tree([head for head, _ in each.arcs]) for each in sentences)
        if odd:
            logger.warning(
                f"{file}: {odd:,} of {len(sentences):,} sentences are no trees with one root: they are "
                "taken as they are, but the official scorer refuses them"
            )
        yield from sentences

    def label_table(self, sentences: Sequence[Tree]) -> list[str]:
        return list(RELATIONS)

    def encode(
        self,
        sentence: Tree,
        context: TaskContext,
        direction: tuple[str, str],
        report: EncodingReport,
    ) -> Iterator[Encoded]:
        labels = context.labels[self.name]
        room = context.pieces.format.room
        report.long_words += sum(len(context.pieces.word(word)) == room for word in sentence.words)
        start = parts = 0
        for source, positions in context.pieces.parts_of_words(sentence.words):
            gold = [
                part_arc(head, labels.index(relation), start, len(positions))
                for head, relation in sentence.arcs[start : start + len(positions)]
            ]
            yield Encoded(
                0,
                np.array(source, dtype=np.int32),
                np.array(positions, dtype=np.int32),
                np.array(gold, dtype=np.int32),
            )
            start += len(positions)
            parts += 1
        report.long += parts > 1

    def collate(
        self, items: Sequence[Encoded], rows: Tensor, context: TaskContext
    ) -> tuple[dict[str, Tensor], Tensor]:
        inputs, gold = super().collate(items, rows, context)
        counts = torch.tensor([len(item.positions) for item in items])
        inputs["is_word"] = torch.arange(int(counts.max())) < counts.unsqueeze(1)  # [b, W]
        return inputs, gold

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> BiaffineParser:
        return BiaffineParser(
            args.encoder_embed_dim, args.encoder_layers, labels, args.dropout, ROOT_RELATION
        )

    def forward(
        self, head: nn.Module, encoder_out: Mapping[str, Any], inputs: Mapping[str, Tensor]
    ) -> ArcScores:
        # the embeddings are no layer; the last one counts with the encoder's final LayerNorm
        states = [*encoder_out["encoder_states"][1:-1], encoder_out["encoder_out"][0]]
        return head(states, **inputs)

    def loss(self, output: ArcScores, gold: Tensor, options: Any) -> Tensor:
        heads, relations = gold.unbind(1)
        words = torch.arange(len(gold), device=gold.device)
        scores = output.relations[words, heads.clamp(min=0)]  # [N, R]
        return mean_cross_entropy(output.arcs, heads) + mean_cross_entropy(scores, relations)

    def decode(self, output: ArcScores, sizes: Sequence[int]) -> list[list[tuple[int, int]]]:
        """The head and the id of the relation of each word, of each item."""
        relations = output.relations.argmax(-1).cpu().split(list(sizes))
        arcs = output.arcs.float().cpu().split(list(sizes))
        trees = [best_tree(scores[:, : len(scores) + 1].numpy()) for scores in arcs]
        return [
            [(head, int(ids[word, head])) for word, head in enumerate(heads)]
            for heads, ids in zip(trees, relations)
        ]

    def count(
        self,
        predicted: Sequence[Sequence[int]],
        gold: Sequence[Sequence[int]],
        labels: Sequence[str],
    ) -> Counts:
        tags = ([f"{head}:{relation}" for head, relation in arcs] for arcs in (predicted, gold))
        return super().count(*tags, labels)

    def evaluate(self, sentences: Sequence[Tree], predictor: Predictor) -> CellResult:
        """Takes the best tree of every sentence."""
        labels = predictor.context.labels[self.name]
        arcs: list[list[Arc]] = [[] for _ in sentences]
        parts = predictor.apply(
            lambda output, items: self.decode(output, [len(item.gold) for item in items])
        )
        for part, predicted in zip(predictor.sentences, parts):
            add_part(arcs[part.sentence], [(head, labels[number]) for head, number in predicted])
        return parsing_result(sentences, arcs)

    def word_labels(self, sentence: Tree) -> Sequence[str]:
        """How far from each word its head is, and the relation: `-2:nsubj`; of the root `root`."""
        return [
            f"{head - word:+d}:{relation}" if head != ROOT else ROOT_RELATION
            for word, (head, relation) in enumerate(sentence.arcs, start=1)
        ]

    def label_result(
        self, sentences: Sequence[Tree], labels: Sequence[Sequence[str]], table: Sequence[str]
    ) -> CellResult:
        """What labels of words predict; heads beyond the ends of the sentence become the root."""
        arcs = [
            [label_arc(label, word, len(each.words)) for word, label in enumerate(predicted, 1)]
            for each, predicted in zip(sentences, labels)
        ]
        return parsing_result(sentences, arcs)

    def metrics(self, direction: tuple[str, str], options: Any) -> dict[str, Any]:
        return {metric.title: metric() for metric in (LabelledAttachment, UnlabelledAttachment)}


def parsing_result(sentences: Sequence[Tree], arcs: Sequence[Sequence[Arc]]) -> CellResult:
    """Puts predicted arcs beside the words and their gold arcs.

    Args:
        sentences: the sentences.
        arcs: the predicted arcs of each.
    """
    rows = [
        [
            (word, *(f"{head}:{relation}" for head, relation in both))
            for word, *both in zip(tree.words, tree.arcs, predicted, strict=True)
        ]
        for tree, predicted in zip(sentences, arcs)
    ]
    text = "".join(tree.conllu(predicted) for tree, predicted in zip(sentences, arcs))
    return CellResult(rows, files={".conllu": text})


def label_arc(label: str, word: int, words: int) -> Arc:
    """The arc that a label of `Parsing.word_labels` stands for.

    Args:
        label: the label.
        word: the number of the word, from 1.
        words: how many the sentence has.
    """
    distance, _, relation = label.partition(":")
    head = word + int(distance) if relation else ROOT
    return (head, relation) if 1 <= head <= words else (ROOT, ROOT_RELATION)


def part_arc(head: int, relation: int, start: int, size: int) -> tuple[int, int]:
    """An arc as numbers, in a part of a sentence.

    Args:
        head: the head in the sentence.
        relation: id of the relation.
        start: number of words before the part.
        size: its number of words.
    Returns:
        the head in the part and the relation; `UNKNOWN_LABEL` twice if the head is not in it.
    """
    if head == ROOT:
        return ROOT, relation
    if start < head <= start + size:
        return head - start, relation
    return UNKNOWN_LABEL, UNKNOWN_LABEL


def add_part(arcs: list[Arc], part: Sequence[Arc]) -> None:
    """Adds the tree of the next part of a sentence, its root below that of the first part.

    Args:
        arcs: those of the parts before; changed in place.
        part: the arcs of the part, with heads in it.
    """
    start = len(arcs)
    top = next((number for number, (head, _) in enumerate(arcs, 1) if head == ROOT), ROOT)
    for head, relation in part:
        if head != ROOT:
            arcs.append((head + start, relation))
        else:
            arcs.append((top, JOINT) if top else (ROOT, relation))


def tree(file: FileSlice, block: Block) -> Tree:
    """Takes words, heads and relations from the lines of a sentence.

    Raises:
        UserError: naming the line that is wrong.
    """
    words = conllu_words(file, block)
    return Tree(
        tuple(word.form for word in words),
        tuple(arc(file, word, len(words)) for word in words),
        tuple(line for _, line in block),
    )


def arc(file: FileSlice, word: ConlluWord, words: int) -> Arc:
    """Takes the head and the universal relation of a word.

    Raises:
        UserError: if they are not there, or cannot be.
    """
    place = f"{file} line {word.line}"
    if len(word.columns) <= DEPREL:
        raise UserError(f"{place} has {len(word.columns)} columns: parsing needs ten, with heads")
    head, relation = word.columns[HEAD], word.columns[DEPREL].partition(":")[0]
    number = word.columns[0]
    if not head.isdecimal() or int(head) > words or head == number:
        raise UserError(f"{place}: '{head}' is no head of word {number} of {words}")
    if relation not in RELATIONS:
        raise UserError(f"{place}: '{word.columns[DEPREL]}' is no universal relation")
    if (int(head) == ROOT) != (relation == ROOT_RELATION):
        raise UserError(
            f"{place}: head {head} and relation '{relation}': {ROOT} and {ROOT_RELATION} go together"
        )
    return int(head), relation
