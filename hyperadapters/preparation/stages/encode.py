"""The stage that encodes and binarises every part, in shards if it is large."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..binarised import PairWriter
from ..context import VERSION, Context
from ..corpora import Part
from ..encode import Coding, Encoded, encode_chunk
from ..text import aligned_chunks
from ..vocabulary import id_table_file


@dataclass(frozen=True)
class Layout:
    """Where binarised data go: one folder, or one for each shard.

    fairseq takes the first k folders for a pair that has files in k of them, and reads valid and test
    sets in the first only; so a pair fills the shards from the first.
    """

    folder: Path
    shards: int

    @property
    def folders(self) -> list[Path]:
        if self.shards == 1:
            return [self.folder]
        return [self.folder / f"shard{number}" for number in range(self.shards)]

    @property
    def data(self) -> str:
        """The data path of fairseq's commands."""
        return ":".join(map(str, self.folders))


def shards_of(context: Context, part: Part) -> int:
    """The shards that a part fills."""
    if part.split != "train":
        return 1
    return -(-context.counts(part)["kept"] // context.config.shard_sentences)


def layout(context: Context) -> Layout:
    """The layout of the data of a preparation whose text is filtered."""
    return Layout(
        context.out / "bin", max(shards_of(context, part) for part in context.full("train"))
    )


def encode_all(context: Context, model_digest: str, dictionary: dict[str, Any]) -> None:
    """Binarises every part that is not up to date."""
    where = layout(context)
    parts = context.full("train", "valid", "test")
    inputs = {
        part.name: [
            VERSION, context.counts(part)["digest"], model_digest, dictionary["digest"],
            longest(context, part), where.shards, shards_of(context, part),
        ]
        for part in parts
    }  # fmt: skip
    todo = [
        part
        for part in parts
        if not context.steps.is_done(
            f"encode {part.name}",
            inputs[part.name],
            binarised_files(context, where, part),
        )
    ]
    for part in todo:
        context.steps.forget(f"encode {part.name}")

    def tasks() -> Iterable[Any]:
        for part in todo:
            coding = coding_of(context, part, model_digest, dictionary)
            first = 0
            for chunk in aligned_chunks(context.text_files(part)):
                yield part, (*chunk, first, coding)
                first += chunk[0].count(b"\n")

    total = sum(context.counts(part)["kept"] for part in todo)
    with tqdm(
        total=total, desc="encoding", unit=" lines", unit_scale=True, disable=not todo
    ) as bar:
        results = context.workers.map(encode_chunk, tasks())
        for part, chunks in groupby(results, key=lambda result: result[0]):
            folders = where.folders[: shards_of(context, part)]
            result = write(part, folders, dictionary["dtype"], (chunk for _, chunk in chunks), bar)
            context.steps.finish(f"encode {part.name}", inputs[part.name], result)
    context.steps.save()


def write(
    part: Part, folders: list[Path], dtype: str, chunks: Iterable[Encoded], bar: tqdm
) -> dict[str, int]:
    """Writes the data of a part; returns how many sentence pairs it has, how many were dropped, and the
    pieces of its longest sentence."""
    counts = {"sentences": 0, "dropped": 0, "longest": 0}
    with ExitStack() as stack:
        writer = PairWriter(folders, part.split, part.src, part.tgt, dtype, stack)
        for chunk in chunks:
            writer.write(chunk.tokens, chunk.sizes)
            counts["sentences"] += chunk.read - chunk.dropped
            counts["dropped"] += chunk.dropped
            lengths = (sizes.max(initial=0) for shard in chunk.sizes for sizes in shard)
            counts["longest"] = max(counts["longest"], *map(int, lengths))
            bar.update(chunk.read)
        writer.finish()
    return counts


def longest(context: Context, part: Part) -> Any:
    """The most pieces of a side of a part's sentences; held-out sets are kept whole."""
    return context.config.filters.max_pieces if part.split == "train" else None


def coding_of(
    context: Context, part: Part, model_digest: str, dictionary: dict[str, Any]
) -> Coding:
    """How the text of a part becomes token ids."""
    return Coding(
        model=context.out / "sentencepiece.model",
        ids=id_table_file(context),
        version=model_digest + dictionary["digest"],
        eos=dictionary["eos"],
        dtype=dictionary["dtype"],
        max_pieces=longest(context, part),
        shards=shards_of(context, part),
    )


def binarised_files(context: Context, where: Layout, part: Part) -> list[Path]:
    """The files of a part's data."""
    return [
        folder / f"{part.name}.{code}.{ending}"
        for folder in where.folders[: shards_of(context, part)]
        for code in (part.src, part.tgt)
        for ending in ("bin", "idx")
    ]
