"""What is learnt about languages, as plain data."""

import math
from typing import Any

from ..data.reference_distances import Reference
from .measures import cosine_distances, mantel, nearest, neighbour_agreement
from .vectors import Vectors


def analyse(vectors: Vectors, reference: Reference | None, neighbours: int) -> dict[str, Any]:
    """Distances, neighbours and agreement of one set of vectors.

    Args:
        vectors: the vectors.
        reference: known distances, or None.
        neighbours: how many nearest languages to list.
    """
    distances = cosine_distances(vectors.values)
    known_distances = reference.among(vectors.codes) if reference else None
    result: dict[str, Any] = {
        "title": vectors.title,
        "languages": list(vectors.codes),
        "width": int(vectors.values.shape[1]),
        "distances": [[round(float(value), 6) for value in row] for row in distances],
        "neighbours": {
            code: [[other, round(distance, 6)] for other, distance in neighbours_of_code]
            for code, neighbours_of_code in nearest(vectors.codes, distances, neighbours).items()
        },
        "mantel": None,
        "nearest_is_nearest_in_reference": None,
    }
    if reference is not None:
        test = mantel(distances, known_distances)
        share, chance = neighbour_agreement(distances, known_distances)
        result["mantel"] = {
            "correlation": None if math.isnan(test.correlation) else round(test.correlation, 4),
            "p": test.p,
            "permutations": test.permutations,
        }
        result["nearest_is_nearest_in_reference"] = {
            "share": round(share, 4), "by_chance": round(chance, 4),
        }  # fmt: skip
    return result


def notes(source: str, sets: list[Vectors], languages: int) -> list[str]:
    """What a reader must know.

    Args:
        source: the adapter source that the adapters were trained by.
        sets: the sets of vectors.
        languages: how many languages are wanted.
    """
    remarks = []
    if source != "hyper":
        remarks.append(
            "These adapters were stored, not generated: each set started from random values of its "
            "own, so distances between them show little of what they have in common."
        )
    for vectors in sets:
        if len(vectors.codes) < languages:
            remarks.append(
                f"{vectors.title}: {languages - len(vectors.codes)} languages are left out that no "
                "trained direction has in that role."
            )
    return remarks
