"""Writing fairseq's indexed datasets as the token ids come, in little memory."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ..support.files import atomic_write


class DatasetWriter:
    """Writes one side of one shard: `PREFIX.bin` and `PREFIX.idx`.

    Args:
        prefix: path without the ending.
        dtype: numpy's name of the stored integers.
        stack: ends the writing.
    """

    def __init__(self, prefix: Path, dtype: str, stack: ExitStack) -> None:
        self.dtype = dtype
        self.names = [prefix.with_name(f"{prefix.name}.{ending}") for ending in ("bin", "idx")]
        self.paths = [stack.enter_context(atomic_write(name)) for name in self.names]
        sizes = self.paths[1].with_name(self.paths[1].name + ".sizes")
        stack.callback(sizes.unlink, missing_ok=True)
        self.tokens = stack.enter_context(open(self.paths[0], "wb"))
        self.sizes = stack.enter_context(open(sizes, "w+b"))

    def write(self, tokens: bytes, sizes: np.ndarray) -> None:
        """Appends sentences."""
        self.tokens.write(tokens)
        sizes.astype(np.int32).tofile(self.sizes)

    def finish(self) -> None:
        """Writes the index; its memory is bounded by the sentences of a shard."""
        from fairseq.data.indexed_dataset import MMapIndexedDataset

        self.tokens.flush()
        self.sizes.seek(0)
        sizes = np.fromfile(self.sizes, dtype=np.int32)
        dtype = np.dtype(self.dtype).type
        with MMapIndexedDataset.Index.writer(str(self.paths[1]), dtype) as index:
            # Python's integers: fairseq adds up the offsets, and 32 bits overflow beyond 2 GB
            index.write(sizes.tolist())


class PairWriter:
    """Writes both sides of a pair to all of its shards.

    Args:
        folders: of the shards.
        split, src, tgt: what is written.
        dtype: numpy's name of the stored integers.
        stack: ends the writing; the files get their names if no error occurred.
    """

    def __init__(
        self, folders: Sequence[Path], split: str, src: str, tgt: str, dtype: str, stack: ExitStack
    ) -> None:
        self.writers = [
            [
                DatasetWriter(folder / f"{split}.{src}-{tgt}.{code}", dtype, stack)
                for code in (src, tgt)
            ]
            for folder in folders
        ]

    def write(self, tokens: list[tuple[bytes, bytes]], sizes: list[tuple[Any, Any]]) -> None:
        """Appends a chunk: for each shard its source and target sentences."""
        for writers, shard_tokens, shard_sizes in zip(self.writers, tokens, sizes):
            for writer, side, lengths in zip(writers, shard_tokens, shard_sizes):
                writer.write(side, lengths)

    def finish(self) -> None:
        """Writes all indices."""
        for writers in self.writers:
            for writer in writers:
                writer.finish()


def stored_type(symbols: int) -> str:
    """numpy's name of the integers that fairseq stores for a dictionary of this size."""
    from fairseq.data.indexed_dataset import best_fitting_int_dtype

    return np.dtype(best_fitting_int_dtype(symbols)).name
