"""The whole benchmark: what is timed, and the figures made of it."""

import statistics
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any

import torch
from tqdm import tqdm

from .. import __version__
from ..sources import Condition
from .batches import batch_of
from .memory import peak_memory
from .options import BenchmarkOptions
from .systems import SYSTEMS, System, build, quiet
from .timing import Times, interleaved, ratio, spread


def run(options: BenchmarkOptions) -> dict[str, Any]:
    """Measures everything.

    Args:
        options: the benchmark's sizes.
    Returns:
        ratios (each with its spread), times in milliseconds, parameters and peak memory in bytes.
    """
    mixed = sum(number > 1 for number in options.directions)
    calls = (len(SYSTEMS) + 2 * mixed) + 2 + 2 + 3  # of training, optimizer, hypernetwork, decoding
    with tqdm(total=calls * (options.repeats + 1) + len(SYSTEMS), unit="run", desc="memory") as bar:
        memory = {}
        for name in SYSTEMS:
            memory[name] = peak_memory(name, options, 1)
            bar.update()
        bar.set_description("building")
        systems = {name: build(name, options) for name in SYSTEMS}
        measure = partial(
            interleaved, repeats=options.repeats, device=options.device, progress=bar.update
        )
        with quiet():
            bar.set_description("training")
            train = measure(training(systems, options))
            bar.set_description("optimizer")
            optimizer = measure(
                {n: systems[n].trainer.optimizer.step for n in ("language", "hyper")}
            )
            bar.set_description("hypernetwork")
            hypernetwork = measure(generation(systems, options))
            bar.set_description("decoding")
            decode = measure(decoding(systems, options))
        bar.set_description("done")
    return {
        "ratios": ratios(train, hypernetwork, decode),
        "milliseconds": {
            "train_step": summary(train),
            "optimizer_step": summary(optimizer),
            "hypernetwork_forward_backward": summary(hypernetwork),
            "decode": summary(decode),
        },
        "parameters": {
            name: sum(p.numel() for p in system.model.parameters())
            for name, system in systems.items()
        },
        "peak_memory_bytes": memory,
        "settings": {**vars(options), "directions": list(options.directions)},
        "environment": environment(options),
    }


def training(systems: dict[str, System], options: BenchmarkOptions) -> dict[str, Callable]:
    """One update of each system on one direction, and of hyper-adapters on more of them."""
    figures = {
        name: partial(system.train, batch_of(system, options, options.rows, 1))
        for name, system in systems.items()
    }
    mixed = {
        f"{name}, {number} directions": partial(
            systems[name].train, batch_of(systems[name], options, options.rows, number)
        )
        for number in options.directions
        if number > 1
        for name in ("hyper", "language")
    }
    return {**figures, **mixed}


def generation(systems: dict[str, System], options: BenchmarkOptions) -> dict[str, Callable]:
    """Forward and backward pass of the hypernetwork alone, for one direction."""
    return {name: generating(systems[name], options) for name in ("hyper", "layerwise")}


def generating(system: System, options: BenchmarkOptions) -> Callable[[], None]:
    """One forward and backward pass of a system's hypernetwork, from given gradients."""
    source = system.model.encoder.adapters
    net_input = batch_of(system, options, 1, 1)["net_input"]
    ids = {"src": net_input["src_lang_id"], "tgt": net_input["tgt_lang_id"]}
    conditions = {
        side: Condition.from_ids(ids, inputs, like=ids["src"])
        for side, inputs in source.config.inputs.items()
    }

    def outputs() -> list[torch.Tensor]:
        weights = source(conditions)
        return [tensor for side in weights.values() for site in side for tensor in site.values()]

    gradients = [torch.ones_like(tensor) for tensor in outputs()]

    def both() -> None:
        for parameter in source.parameters():
            parameter.grad = None
        torch.autograd.backward(outputs(), gradients)

    return both


def decoding(systems: dict[str, System], options: BenchmarkOptions) -> dict[str, Callable]:
    """Beam search over one batch of one direction, of as many steps for every system."""
    return {
        name: partial(
            systems[name].decode,
            batch_of(systems[name], options, options.sentences, 1),
            options.beam,
            options.length,
        )
        for name in ("backbone", "language", "hyper")
    }


def ratios(train: Times, hypernetwork: Times, decode: Times) -> dict[str, float]:
    """The figures that matter, each the median of its rounds, with their interquartile range."""
    ratios = {
        "hypernetwork_speedup_over_layerwise": ratio(hypernetwork, "layerwise", "hyper"),
        "train_step_hyper_over_language": ratio(train, "hyper", "language"),
        "train_step_hyper_over_backbone": ratio(train, "hyper", "backbone"),
        "train_step_layerwise_over_hyper": ratio(train, "layerwise", "hyper"),
    }
    for name in train:
        system, _, mixed = name.partition(", ")
        if mixed:
            prefix = "train_step_mixed" if system == "hyper" else f"train_step_{system}_mixed"
            ratios[f"{prefix}{mixed.split()[0]}_over_one"] = ratio(train, name, system)
    ratios["hypernetwork_fraction_of_step"] = [
        alone / step for alone, step in zip(hypernetwork["hyper"], train["hyper"])
    ]
    ratios["decode_hyper_over_language"] = ratio(decode, "hyper", "language")
    ratios["decode_hyper_over_backbone"] = ratio(decode, "hyper", "backbone")
    summed: dict[str, float] = {}
    for name, values in ratios.items():
        summed[name] = statistics.median(values)
        summed[f"{name}_spread"] = spread(values)
    return summed


def summary(times: Times) -> dict[str, dict[str, float]]:
    """Median and spread of every call in milliseconds."""
    return {
        name: {"median": 1e3 * statistics.median(values), "spread": 1e3 * spread(values)}
        for name, values in times.items()
    }


def environment(options: BenchmarkOptions) -> dict[str, Any]:
    """What the figures were measured on."""
    gpu = options.device == "cuda"
    return {
        "device": torch.cuda.get_device_name() if gpu else "cpu",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "fairseq-fixed": version("fairseq-fixed"),
        "hyperadapters": __version__,
    }
