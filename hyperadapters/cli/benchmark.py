"""Measure training steps, decoding and the hypernetwork against regular adapters and the backbone.

Systems: the backbone alone, language adapters, hyper-adapters, and hyper-adapters generated a layer
at a time (the published way). They run in turn, each round in another order, so that a slow moment
of the machine strikes them all; figures are medians of the rounds, a spread is the interquartile
range. Peak memory is measured in a process of its own for each system.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path


def numbers(text: str):
    """Reads a comma-separated list of numbers."""
    return tuple(int(number) for number in text.split(","))


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""

    def add(name, kind, default, text, **more) -> None:
        parser.add_argument(
            name, type=kind, default=default, help=f"{text} (default: %(default)s)", **more
        )

    parser.add_argument(
        "--device", choices=("cpu", "cuda"), help="by default a GPU if there is one"
    )
    add("--precision", str, "fp32", "fp32, fp16 or bf16 as fairseq trains in them")
    add("--arch", str, "adapter_transformer", "named architecture")
    parser.add_argument(
        "--tokens",
        type=int,
        metavar="N",
        help="tokens of a training batch (default: 1000, on a GPU 8000)",
    )
    parser.add_argument(
        "--sentences",
        type=int,
        metavar="N",
        help="sentences decoded together (default: 16, on a GPU 64)",
    )
    add("--length", int, 25, "tokens of every sentence", metavar="N")
    add("--directions", numbers, "1,4,16", "distinct directions mixed in a batch", metavar="N,N")
    add("--beam", int, 5, "beam size", metavar="N")
    add("--languages", int, 50, "languages", metavar="N")
    add("--vocabulary", int, 32000, "dictionary entries", metavar="N")
    add("--adapter-kind", str, "bottleneck", "adapter kind")
    add("--adapter-bottleneck", int, 128, "bottleneck dimension", metavar="B")
    add("--hyper-hidden", int, 612, "hidden dimension d_h of the hypernetwork", metavar="N")
    add("--optimizer", str, "adam", "fairseq's name of the optimizer")
    add("--repeats", int, 7, "rounds that count", metavar="N")
    add("--seed", int, 1, "seed of weights and batches", metavar="N")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: all cores)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON there")


def run(args: Namespace) -> None:
    """Measures and prints."""
    import torch

    from .. import register

    register()
    from ..benchmark.options import BenchmarkOptions, default_device
    from ..benchmark.report import report
    from ..benchmark.run import run as measure
    from ..support.files import write_json

    if args.threads:
        torch.set_num_threads(args.threads)
    device = default_device(args.device)
    options = BenchmarkOptions(
        arch=args.arch, device=device, precision=args.precision, length=args.length,
        tokens=args.tokens or (8000 if device == "cuda" else 1000),
        sentences=args.sentences or (64 if device == "cuda" else 16),
        directions=args.directions, beam=args.beam, languages=args.languages,
        vocabulary=args.vocabulary, kind=args.adapter_kind, bottleneck=args.adapter_bottleneck,
        hidden=args.hyper_hidden, optimizer=args.optimizer, repeats=args.repeats, seed=args.seed,
    )  # fmt: skip
    figures = measure(options)
    if args.out:
        write_json(args.out, figures)
    print(json.dumps(figures, indent=2) if args.json else report(figures))
