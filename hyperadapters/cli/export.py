"""Write the adapters of one direction to a file of their own, with a card beside it.

The adapters are safetensors, the card (the same name, but .json) says what they are and which backbone
they belong to; `hyperadapters attach` puts them onto it.
"""

import json
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint with adapters (.pt), trained or baked")
    add("--direction", required=True, help="direction, e.g. de-fr")
    add("--out", required=True, metavar="FILE", help="file to write (.safetensors)")
    add("--json", action="store_true", help="print the card instead of one line")


def run(args: Namespace) -> None:
    """Exports and says what was written."""
    from ..shipping.export import export, summary

    card = export(args.checkpoint, args.direction, args.out)
    print(json.dumps(card, indent=2) if args.json else summary(card, args.out))
