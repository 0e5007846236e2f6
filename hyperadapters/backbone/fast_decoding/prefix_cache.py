"""What the hypotheses of a sentence share while beam search runs."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

PREFIXES = "prefix_cache"  # where attention looks for it in the incremental state
ROOM = 5  # pieces for which there is room before entries are compacted
MOSTLY_FINISHED = 0.5  # part of the kept sentences below which those that are finished are dropped

State = dict[str, Tensor]


class Compaction(NamedTuple):
    """What is kept from now on.

    Args:
        sentences: those that run on [S].
        entries: of each its entries that are still in use, filled up with any others [S, N].
    """

    sentences: Tensor
    entries: Tensor


class PrefixCache:
    """The hypotheses of a batch as a tree, with one root for each sentence.

    What attention keeps of a piece is an entry of its sentence: it is written once, and every
    hypothesis that goes through this piece sees it. fairseq instead keeps a copy for each hypothesis,
    and copies all of it anew for every piece.

    Args:
        sentences: in the batch.
        beam_size: hypotheses of each sentence.
        like: a tensor on the device.
    """

    def __init__(self, sentences: int, beam_size: int, like: Tensor) -> None:
        self.beam_size, self.sentences = beam_size, sentences
        self.size = 1  # hypotheses of each sentence by now
        self.running = torch.arange(sentences, device=like.device)
        diagonal = torch.full((beam_size, beam_size), -torch.inf, device=like.device)
        self.diagonal = diagonal.fill_diagonal_(0.0)
        # added to scores: 0 where a hypothesis sees an entry, else minus infinity [B, size, N]
        self.visible = self.diagonal[:1, :1].expand(sentences, -1, -1)
        self.limit = beam_size * ROOM
        self.compaction: Compaction | None = None
        self.mask = self.scatter(self.visible).unsqueeze(1)

    def reorder(self, new_order: Tensor) -> None:
        """Goes on to the next piece.

        Args:
            new_order: the hypothesis [B * beam_size] that each hypothesis continues, after the first
                piece any of its sentence; all those of a sentence that is finished are absent.
        """
        parents = torch.div(new_order, self.beam_size // self.size, rounding_mode="trunc")
        sentences = torch.div(new_order[:: self.beam_size], self.beam_size, rounding_mode="trunc")
        self.size = self.beam_size
        rows = self.visible.flatten(0, 1).index_select(0, parents)
        self.visible = rows.view(-1, self.size, rows.size(1))
        if len(sentences) < len(self.running):
            self.running = self.running.index_select(0, sentences)
        mostly_finished = len(self.running) < MOSTLY_FINISHED * self.sentences
        is_full = self.count + self.size > self.limit
        self.compaction = self.plan_compaction() if mostly_finished or is_full else None
        new = self.diagonal.expand(len(self.visible), -1, -1)
        self.visible = torch.cat([self.visible, new], 2)
        self.mask = self.scatter(self.visible).unsqueeze(1)

    @property
    def count(self) -> int:
        """N, the entries of each sentence, those of the new piece last."""
        return self.visible.size(2)

    def plan_compaction(self) -> Compaction:
        """Drops sentences that are finished, and entries that no hypothesis sees any more."""
        is_used = self.visible.amax(1) == 0  # [B, N]
        longest = int(is_used.sum(1).max())
        entries = is_used.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :longest]
        self.visible = self.visible.gather(2, entries.unsqueeze(1).expand(-1, self.size, -1))
        self.limit = longest + self.size * ROOM
        compaction = Compaction(self.running, entries)
        self.sentences = len(self.running)
        self.running = torch.arange(self.sentences, device=entries.device)
        return compaction

    @property
    def has_finished(self) -> bool:
        """Whether finished sentences are among those that are kept."""
        return len(self.running) < self.sentences

    def scatter(self, x: Tensor) -> Tensor:
        """From the running sentences [B, ...] to all that are kept [S, ...], 0 for the finished."""
        if not self.has_finished:
            return x.contiguous()
        return x.new_zeros(self.sentences, *x.shape[1:]).index_copy_(0, self.running, x)

    def gather(self, x: Tensor) -> Tensor:
        """From all sentences that are kept [S, ...] to the running ones [B, ...]."""
        return x.index_select(0, self.running) if self.has_finished else x

    def by_sentence(self, x: Tensor) -> Tensor:
        """From one piece of each hypothesis [B * size, heads, 1, D] to [B, heads, size, D]."""
        return x.view(-1, self.size, *x.shape[1:2], x.size(3)).transpose(1, 2)

    def queries(self, x: Tensor) -> Tensor:
        """Queries of all kept sentences [S, heads, size, D] from those of the running hypotheses
        [B * size, heads, 1, D]."""
        return self.scatter(self.by_sentence(x))

    def of_sentences(self, x: Tensor) -> Tensor:
        """From one of each running hypothesis [B * size, ...], alike for those of a sentence, to one
        of each kept sentence [S, ...]."""
        return self.scatter(x[:: self.size])

    def rows(self, x: Tensor) -> Tensor:
        """The inverse of `queries`."""
        return self.gather(x).transpose(1, 2).flatten(0, 1).unsqueeze(2)

    def append(self, new: State, state: State | None) -> State:
        """Writes keys and values of a new piece [B * size, heads, 1, D] into their buffers
        [S, heads, limit, D]."""
        first = self.count - self.size
        buffers = {}
        for name, x in new.items():
            x = self.by_sentence(x)
            shape = (self.sentences, x.size(1), self.limit, x.size(3))
            buffers[name] = state[name] if state else x.new_empty(shape)
            target = buffers[name][:, :, first : self.count]
            target.copy_(self.scatter(x) if self.has_finished else x)
        return buffers

    def entries_of(self, state: State) -> tuple[Tensor, Tensor]:
        """Keys and values [S, heads, N, D] that are written."""
        return state["keys"][:, :, : self.count], state["values"][:, :, : self.count]

    def compact(self, state: State, has_entries: bool) -> State:
        """What attention keeps after a compaction, if there is one to do.

        Args:
            state: tensors [S, heads, N, D].
            has_entries: whether they are this cache's entries; else of the encoder's output, of which
                whole sentences are dropped only.
        """
        if self.compaction is None:
            return state
        sentences, entries = self.compaction
        if has_entries:
            return {name: self.compact_entries(x, sentences, entries) for name, x in state.items()}
        if len(sentences) == len(state["mask"]):
            return state
        return {name: x.index_select(0, sentences) for name, x in state.items()}

    def compact_entries(self, buffer: Tensor, sentences: Tensor, entries: Tensor) -> Tensor:
        """A buffer with the entries that are kept first."""
        heads, limit, width = buffer.shape[1:]
        # places that are free yet take the first entry, so that one pass writes a whole buffer
        entries = pad(entries, (0, self.limit - entries.size(1)))
        first = torch.arange(heads, device=entries.device) + sentences.unsqueeze(1) * heads
        rows = (first.unsqueeze(2) * limit + entries.unsqueeze(1)).flatten()
        return buffer.view(-1, width).index_select(0, rows).view(-1, heads, self.limit, width)


def prefix_cache_of(incremental_state: dict[str, Any] | None) -> PrefixCache | None:
    """The prefix cache of a search, if it keeps one."""
    return None if incremental_state is None else incremental_state.get(PREFIXES)
