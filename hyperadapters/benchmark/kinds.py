"""The benchmark of adapter kinds, all generated, against the bottleneck."""

import statistics
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tqdm import tqdm

from .batches import batch_of
from .memory import peak_memory
from .options import BenchmarkOptions
from .run import environment, summary
from .systems import build, quiet
from .timing import interleaved, ratio, spread

BASE = "bottleneck"


def compare_kinds(options: BenchmarkOptions, kinds: Sequence[str]) -> dict[str, Any]:
    """Measures an update on one direction, one on mixed directions, and beam search.

    Args:
        options: the benchmark's sizes; the largest number of directions is mixed.
        kinds: names of adapter kinds; the bottleneck is always among them.
    Returns:
        as `run.run` does, with ratios to the bottleneck.
    """
    names = list(dict.fromkeys((BASE, *kinds)))
    options_of = {name: replace(options, kind=name) for name in names}
    mixed = max(options.directions)
    with tqdm(total=len(names) * (3 * options.repeats + 4), unit="run", desc="memory") as bar:
        memory = {}
        for name, of_kind in options_of.items():
            memory[name] = peak_memory("hyper", of_kind, 1)
            bar.update()
        bar.set_description("building")
        systems = {name: build("hyper", of_kind) for name, of_kind in options_of.items()}
        calls: dict[str, dict[str, Any]] = {
            "train_step": {},
            f"train_step_mixed{mixed}": {},
            "decode": {},
        }
        for name, system in systems.items():
            one, many = (batch_of(system, options, options.rows, n) for n in (1, mixed))
            sentences = batch_of(system, options, options.sentences, 1)
            calls["train_step"][name] = partial(system.train, one)
            calls[f"train_step_mixed{mixed}"][name] = partial(system.train, many)
            calls["decode"][name] = partial(system.decode, sentences, options.beam, options.length)
        times = {}
        with quiet():
            for what, runs in calls.items():
                bar.set_description(what)
                times[what] = interleaved(runs, options.repeats, options.device, bar.update)
    ratios: dict[str, float] = {}
    for what, of_kinds in times.items():
        for name in names[1:]:
            values = ratio(of_kinds, name, BASE)
            ratios[f"{what}_{name}_over_{BASE}"] = statistics.median(values)
            ratios[f"{what}_{name}_over_{BASE}_spread"] = spread(values)
    return {
        "ratios": ratios,
        "milliseconds": {what: summary(of_kinds) for what, of_kinds in times.items()},
        "parameters": {
            name: sum(p.numel() for p in system.model.encoder.adapters.parameters())
            for name, system in systems.items()
        },
        "peak_memory_bytes": memory,
        "settings": {**vars(options), "directions": list(options.directions), "kinds": names},
        "environment": environment(options),
    }
