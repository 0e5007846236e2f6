"""Spans of entities, as nervaluate finds and compares them."""

from typing import List, Sequence


def compare(predicted: Sequence[str], right: Sequence[str]) -> List[int]:
    """Counts of the entities of one sentence.

    A span counts if its type, start and end are right (nervaluate's "strict", the span F1 of
    CoNLL 2003).

    Args:
        predicted, right: IOB tags of the words.
    Returns:
        how many entities are in both, are predicted, and are in the reference.
    """
    from nervaluate.utils import collect_named_entities

    found, wanted = (
        {(span["label"], span["start"], span["end"]) for span in collect_named_entities(list(tags))}
        for tags in (predicted, right)
    )
    return [len(found & wanted), len(found), len(wanted)]
