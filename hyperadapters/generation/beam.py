"""Which hypothesis of a sentence continues which, while beam search runs."""

from typing import Dict, NamedTuple, Optional

import torch
from torch import Tensor

BEAM = "beam"  # where attention finds it in the incremental state
ROOM = 5  # pieces for which there is room before what is kept is sorted out
CROWDED = 0.5  # part of the kept sentences below which those that are finished are dropped


class Renewal(NamedTuple):
    """What is kept from now on.

    Args:
        sentences: those that run on [S].
        entries: of each its entries that are still in use, filled up with any others [S, N].
    """

    sentences: Tensor
    entries: Tensor


class Beam:
    """The hypotheses of a batch as a tree, with one root for each sentence.

    What attention keeps of a piece is an entry of its sentence: it is written once, and every
    hypothesis that goes through this piece sees it. fairseq instead keeps a copy for each hypothesis,
    and copies all of it anew for every piece.

    Args:
        sentences: in the batch.
        size: hypotheses of each sentence.
        like: a tensor on the device.
    """

    def __init__(self, sentences: int, size: int, like: Tensor) -> None:
        self.most, self.kept = size, sentences
        self.size = 1  # hypotheses of each sentence by now
        self.running = torch.arange(sentences, device=like.device)
        self.own = torch.full((size, size), -torch.inf, device=like.device).fill_diagonal_(0.0)
        # added to scores: 0 where a hypothesis sees an entry, else minus infinity [B, size, N]
        self.sight = self.own[:1, :1].expand(sentences, -1, -1)
        self.limit = size * ROOM
        self.renewal: Optional[Renewal] = None
        self.mask = self.spread(self.sight).unsqueeze(1)

    def reorder(self, new_order: Tensor) -> None:
        """Goes on to the next piece.

        Args:
            new_order: the hypothesis [B * most] that each one continues, after the first piece any of
                its sentence; all those of a sentence that is finished are absent.
        """
        parents = torch.div(new_order, self.most // self.size, rounding_mode="trunc")
        sentences = torch.div(new_order[:: self.most], self.most, rounding_mode="trunc")
        self.size = self.most
        rows = self.sight.flatten(0, 1).index_select(0, parents)
        self.sight = rows.view(-1, self.size, rows.size(1))
        if len(sentences) < len(self.running):
            self.running = self.running.index_select(0, sentences)
        crowded = len(self.running) < CROWDED * self.kept
        full = self.entries + self.size > self.limit
        self.renewal = self.renew() if crowded or full else None
        self.sight = torch.cat([self.sight, self.own.expand(len(self.sight), -1, -1)], 2)
        self.mask = self.spread(self.sight).unsqueeze(1)

    @property
    def entries(self) -> int:
        """N, the entries of each sentence, those of the new piece last."""
        return self.sight.size(2)

    def renew(self) -> Renewal:
        """Drops sentences that are finished, and entries that no hypothesis sees any more."""
        used = self.sight.amax(1) == 0  # [B, N]
        most = int(used.sum(1).max())
        entries = used.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :most]
        self.sight = self.sight.gather(2, entries.unsqueeze(1).expand(-1, self.size, -1))
        self.limit = most + self.size * ROOM
        renewal = Renewal(self.running, entries)
        self.kept = len(self.running)
        self.running = torch.arange(self.kept, device=entries.device)
        return renewal

    @property
    def crowded(self) -> bool:
        """Whether finished sentences are among those that are kept."""
        return len(self.running) < self.kept

    def spread(self, x: Tensor) -> Tensor:
        """From the running sentences [B, ...] to all that are kept [S, ...], 0 for the finished."""
        if not self.crowded:
            return x.contiguous()
        return x.new_zeros(self.kept, *x.shape[1:]).index_copy_(0, self.running, x)

    def gather(self, x: Tensor) -> Tensor:
        """From all sentences that are kept [S, ...] to the running ones [B, ...]."""
        return x.index_select(0, self.running) if self.crowded else x


def beam_of(incremental_state: Optional[Dict]) -> Optional[Beam]:
    """The beam of a search, if it keeps one."""
    return None if incremental_state is None else incremental_state.get(BEAM)
