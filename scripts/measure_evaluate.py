#!/usr/bin/env python3
"""Time of `hyperadapters evaluate` for all directions against one fairseq-generate for each of them.

fairseq-generate runs for a few directions, drawn at random (always the same ones), each from directions with
about as many sentences: their mean time counts for every direction, so their mean number of sentences, which
is reported too, must be about that of all. All their hypotheses are compared. Both commands use as many threads
as they do by default.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
USER_DIR = Path(__file__).resolve().parent.parent / "hyperadapters"


def timed(command: list[str]) -> tuple[float, float, str]:
    """Seconds on the clock, seconds of the processor, and standard output of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)}\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used, done.stdout


def hypotheses(output: str) -> list[str]:
    """Hypotheses of fairseq-generate in the order of the test set."""
    lines = [line.split("\t", 2) for line in output.splitlines() if line.startswith("D-")]
    return [text for _, text in sorted((int(name[2:]), text) for name, _, text in lines)]


def cut(data: Path, sentences: int, folder: Path) -> Path:
    """A copy of a data folder whose test sets have so many sentences at most, with their raw text if it is
    beside it."""
    from fairseq.data import data_utils, indexed_dataset

    from hyperadapters.support.files import read_lines, write_lines

    (folder / "bin").mkdir(parents=True)
    (folder / "text").mkdir()
    for file in data.iterdir():
        if file.name.startswith("test.") and file.suffix == ".idx":
            prefix = str(file.with_suffix(""))
            stored = data_utils.load_indexed_dataset(prefix)
            copy = str(folder / "bin" / Path(prefix).name)
            builder = indexed_dataset.MMapIndexedDatasetBuilder(copy + ".bin")
            for row in range(min(sentences, len(stored))):
                builder.add_item(stored[row])
            builder.finalize(copy + ".idx")
        elif not file.name.startswith("test."):
            (folder / "bin" / file.name).symlink_to(file.resolve())
    for file in (data.resolve().parent / "text").glob("test.*"):
        write_lines(folder / "text" / file.name, read_lines(file)[:sentences])
    return folder / "bin"


def generate(options: argparse.Namespace, direction: str) -> list[str]:
    source, target = direction.split("-")
    command = [
        str(BIN / "fairseq-generate"), options.data, "--user-dir", str(USER_DIR), "--task",
        "multilingual_adapter_translation", "--path", options.checkpoint, "-s", source, "-t", target,
        "--beam", "5", "--max-tokens", "3000", "--bpe", "sentencepiece_bytes",
        "--sentencepiece-model", options.sentencepiece,
    ]  # fmt: skip
    return command + ([] if options.gpu else ["--cpu"])


def sample(sentences: dict[str, int], number: int) -> list[str]:
    """Directions, one of each of so many strata by the number of sentences."""
    drawn = random.Random(1)
    # shuffled first: sorted by name, a stratum of equal numbers would hold few target languages
    names = sorted(drawn.sample(sorted(sentences), len(sentences)), key=sentences.__getitem__)
    bounds = [len(names) * stratum // number for stratum in range(number + 1)]
    return [drawn.choice(names[first:end]) for first, end in zip(bounds, bounds[1:])]


def main(options: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp())
    out = folder / "evaluation"
    if options.sentences:
        options.data = str(cut(Path(options.data), options.sentences, folder / "cut"))
    command = [
        str(BIN / "hyperadapters"), "evaluate", "--checkpoint", options.checkpoint, "--data",
        options.data, "--directions", options.directions, "--out", str(out),
    ] + ([] if options.gpu else ["--cpu"])  # fmt: skip
    wall, processor, _ = timed(command)
    evaluated = json.loads((out / "evaluation.json").read_text())["directions"]
    sentences = {direction: figures["sentences"] for direction, figures in evaluated.items()}
    sampled = sample(sentences, min(options.samples, len(sentences)))
    equal = compared = 0
    walls, processors = [], []
    for direction in sampled:
        seconds, used, output = timed(generate(options, direction))
        walls.append(seconds)
        processors.append(used)
        ours = (out / "hypotheses" / f"{direction}.txt").read_text("utf-8").splitlines()
        theirs = hypotheses(output)
        compared += len(ours)
        equal += sum(a.strip() == b.strip() for a, b in zip(ours, theirs))
    shutil.rmtree(folder)
    times = len(sentences) / len(sampled)
    result = {
        "directions": len(sentences),
        "sentences": sum(sentences.values()) / len(sentences),
        "sampled": sampled,
        "sentences_of_sampled": sum(sentences[one] for one in sampled) / len(sampled),
        "evaluate": {"seconds": wall, "processor_seconds": processor},
        "generate": {"seconds": sum(walls) * times, "processor_seconds": sum(processors) * times},
        "ratio": sum(walls) * times / wall,
        "processor_ratio": sum(processors) * times / processor,
        "hypotheses": {"compared": compared, "equal": equal},
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--sentencepiece", required=True, help="sentencepiece model of the data")
    parser.add_argument("--directions", default="all")
    parser.add_argument(
        "--samples", type=int, default=6, help="directions that fairseq-generate runs for"
    )
    parser.add_argument(
        "--sentences",
        type=int,
        help="use so many sentences of each test set at most (default: all)",
    )
    parser.add_argument("--gpu", action="store_true")
    main(parser.parse_args())
