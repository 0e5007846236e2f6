"""Attachment scores of dependency trees as sacreBLEU metrics.

The tag of a word is its head and its relation, `3:nsubj`, with 0 for the head of the root.
"""

from collections.abc import Sequence
from typing import ClassVar

from .tags import METRICS, Accuracy


class AttachmentScore(Accuracy):
    """The share of words, punctuation included, of which some parts of the tag are right."""

    parts: ClassVar[int]  # the head, and the relation without its subtype

    @classmethod
    def count(cls, predicted: Sequence[str], gold: Sequence[str]) -> list[int]:
        return super().count(
            *([tag.split(":")[: cls.parts] for tag in tags] for tags in (predicted, gold))
        )


@METRICS.register("LAS")
class LabelledAttachment(AttachmentScore):
    """The share of words with the right head and universal relation (CoNLL 2018 shared task)."""

    title = "LAS"
    parts = 2


@METRICS.register("UAS")
class UnlabelledAttachment(AttachmentScore):
    """The share of words with the right head (CoNLL 2018 shared task)."""

    title = "UAS"
    parts = 1
