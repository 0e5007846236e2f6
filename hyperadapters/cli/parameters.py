"""Print the adapter parameters of a configuration, for every adapter source."""

import json
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options that decide the size of a configuration."""
    add = parser.add_argument
    add("--arch", default="adapter_transformer", help="named architecture (default: %(default)s)")
    add("--languages", type=int, default=50, metavar="N", help="languages (default: %(default)s)")
    add(
        "--directions",
        type=int,
        metavar="N",
        help="directions, for pair adapters (default: English-centric, twice the languages less 2)",
    )
    add("--adapter-kind", default="bottleneck", help="adapter kind (default: %(default)s)")
    add("--adapter-bottleneck", type=int, default=128, metavar="B", help="(default: %(default)s)")
    add("--adapter-norm", default="trained", help="trained or plain LayerNorm (default: trained)")
    for name, default in (("hidden", 204), ("layers", 2), ("lang-dim", 50), ("layer-dim", 50)):
        add(
            f"--hyper-{name}", type=int, default=default, metavar="N", help="(default: %(default)s)"
        )
    add("--hyper-untied", action="store_true", help="separate source and target embeddings")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Counts and prints."""
    from ..parameter_counts import count, table

    settings = {
        key: value for key, value in vars(args).items() if key not in ("run", "command", "json")
    }
    counts = count(**settings)
    if args.json:
        print(json.dumps({"configuration": settings, "parameters": counts}, indent=2))
    else:
        print(table(counts))
