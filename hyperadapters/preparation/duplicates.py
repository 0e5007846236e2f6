"""Exact de-duplication of any number of pairs in little memory."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

BUCKET = 4_000_000  # hashes sorted at a time
READ = 1_000_000
RECORD = np.dtype([("hash", "<u8"), ("place", "<u8")])


def first_occurrences(file: Path) -> np.ndarray:
    """Which hashes of a file occur for the first time, bool [hashes].

    Args:
        file: uint64 hashes one after another.
    """
    number = file.stat().st_size // 8
    first = np.zeros(number, dtype=bool)
    if number <= BUCKET:
        mark(first, np.fromfile(file, dtype="<u8"), np.arange(number, dtype=np.uint64))
        return first
    with TemporaryDirectory(dir=file.parent) as folder:
        buckets = partition(file, Path(folder), -(-number // max(BUCKET // 2, 1)))
        for bucket in buckets:
            records = np.fromfile(bucket, dtype=RECORD)
            mark(first, records["hash"], records["place"])
    return first


def mark(first: np.ndarray, is_duplicate: np.ndarray, places: np.ndarray) -> None:
    """Marks the place of the first of equal hashes; `places` ascend."""
    order = np.argsort(is_duplicate, kind="stable")
    ordered = is_duplicate[order]
    is_first = np.ones(len(is_duplicate), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    first[places[order[is_first]]] = True


def partition(file: Path, folder: Path, number: int) -> list:
    """Distributes hashes and their places over files, equal hashes into the same one."""
    paths = [folder / str(bucket) for bucket in range(number)]
    files = [open(path, "wb") for path in paths]
    try:
        place = 0
        with open(file, "rb") as hashes:
            while len(block := np.fromfile(hashes, dtype="<u8", count=READ)):
                records = np.empty(len(block), dtype=RECORD)
                records["hash"] = block
                records["place"] = np.arange(place, place + len(block), dtype=np.uint64)
                place += len(block)
                bucket = block % np.uint64(number)
                for chosen in range(number):
                    records[bucket == chosen].tofile(files[chosen])
    finally:
        for opened in files:
            opened.close()
    return paths
