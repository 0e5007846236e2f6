#!/usr/bin/env python3
"""Peak memory and time of `hyperadapters prepare` on N pairs of random words (Zipf law; 5 % repeated).

Memory is the proportional set size of all its processes together, three samples a second (Linux).
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

CHUNK, WORDS = 100_000, 60_000
ALPHABETS = {"aa": "abcdefghijklmnopqrstuvwxyz", "bb": "абвгдежзиклмнопрстуфхцчшщыьэюя"}
CONFIGURATION = """languages: [aa, bb]
bitext:
- pair: aa-bb
  train: {source: train.aa, target: train.bb.gz}
  valid: {source: valid.aa, target: valid.bb.gz}
  test: {source: test.aa, target: test.bb.gz}
sentencepiece: {vocabulary: 16000}
"""


def words_of(random: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        code: np.array(
            ["".join(random.choice(list(letters), random.integers(2, 10))) for _ in range(WORDS)],
            dtype=object,
        )
        for code, letters in ALPHABETS.items()
    }


def write_bitext(folder: Path, split: str, pairs: int, random: np.random.Generator) -> None:
    """Sentences of 4 to 21 words; word i of one language stands for word i of the other."""
    words = words_of(random)
    ranks = np.cumsum(1 / np.arange(1, WORDS + 1) ** 0.9)
    with (
        (folder / f"{split}.aa").open("w") as plain,
        gzip.open(folder / f"{split}.bb.gz", "wt", compresslevel=1) as packed,
    ):
        first: list[np.ndarray] = []
        for start in tqdm(range(0, pairs, CHUNK), desc=split):
            lengths = random.integers(4, 22, min(CHUNK, pairs - start))
            drawn = np.searchsorted(ranks / ranks[-1], random.random(lengths.sum()))
            sentences = np.split(drawn, np.cumsum(lengths)[:-1])
            first = first or sentences
            sentences[::20] = first[: len(sentences[::20])]
            plain.writelines(" ".join(words["aa"][one]) + "\n" for one in sentences)
            packed.writelines(" ".join(words["bb"][one]) + "\n" for one in sentences)


def with_children(process: int) -> list[int]:
    found = [process]
    for one in found:
        for file in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in file.read_text().split()]
            except OSError:  # it ended meanwhile
                pass
    return found


def proportional(process: int) -> int:
    """Proportional set size of a process, in kB."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder, random = Path(name), np.random.default_rng(0)
        for split, pairs in (("test", 1000), ("valid", 1000), ("train", options.pairs)):
            write_bitext(folder, split, pairs, random)
        (folder / "big.yaml").write_text(CONFIGURATION)
        program = Path(sys.executable).parent / "hyperadapters"
        start, peak = time.perf_counter(), 0
        running = subprocess.Popen(
            [program, "prepare", folder / "big.yaml", "--out", folder / "out"]
        )
        while running.poll() is None:
            peak = max(peak, sum(proportional(one) for one in with_children(running.pid)))
            time.sleep(0.3)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if running.returncode:
            sys.exit(running.returncode)
        result = {
            "pairs": options.pairs,
            "text_bytes": sum(file.stat().st_size for file in folder.glob("train.*")),
            "peak_memory_mb": peak // 1024,
            "seconds": time.perf_counter() - start,
            "processor_seconds": used.ru_utime + used.ru_stime,
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument(
        "--folder", default=".", help="where a temporary folder is made (default: here)"
    )
    main(parser.parse_args())
