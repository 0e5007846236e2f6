"""Translating in several processes."""

import json
import multiprocessing
import os
import sys

import pytest
from fairseq.dataclass.configs import GenerationConfig

from hyperadapters.api import Translator
from hyperadapters.backbone.fast_decoding.candidates import CandidateGenerator
from hyperadapters.evaluation.translation import parallel_decoding as searching
from hyperadapters.evaluation.translation.decoding import Decoder, Limits, Search, Sentences
from hyperadapters.evaluation.translation.translation_log import Journal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="one process translates elsewhere")


def test_workers_translate_what_one_process_does_and_leave_nothing_behind(
    tmp_path, trained, evaluate, monkeypatch
):
    whole = evaluate(trained(), out=tmp_path / "whole")
    monkeypatch.setattr(searching, "OPEN", 1)
    stock, left = Journal.add, [3]

    def add(self, batch):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        stock(self, batch)

    monkeypatch.setattr(Journal, "add", add)
    out = tmp_path / "cut"
    with pytest.raises(AssertionError, match="130"):
        evaluate(trained(), "--workers", "3", out=out)
    assert not multiprocessing.active_children() and not (out / "evaluation.json").exists()
    left[0] = 1000
    assert evaluate(trained(), "--workers", "3", out=out)["directions"] == whole["directions"]
    lines = [
        (path / "journal.jsonl").read_text().splitlines() for path in (out, tmp_path / "whole")
    ]
    batches = [[json.loads(line).get("rows") for line in found] for found in lines]
    assert batches[0] == batches[1]  # the same batches in the same order, none twice


def test_a_worker_that_is_killed_is_reported(tmp_path, trained, evaluate, monkeypatch):
    monkeypatch.setattr(Decoder, "decode_batch", lambda self, batch: os.kill(os.getpid(), 9))
    assert "a process was killed, probably for want of memory: use fewer --workers" in evaluate(
        trained(), "--workers", "2"
    )


def test_on_a_cpu_the_search_is_the_fast_one(toy, trained):
    translator = Translator.load(str(trained()), str(toy / "bin"), cpu=True)
    decoder = translator.decoder(Search(beam=3), Limits())
    decoder.aim(Sentences("", "en", "de", None, ()))
    assert isinstance(decoder.generator, CandidateGenerator)
    stock = translator.task.build_generator([translator.model], GenerationConfig(beam=3))
    stripped = decoder.generator.symbols_to_strip_from_output
    assert stripped == stock.symbols_to_strip_from_output
