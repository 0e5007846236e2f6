"""Write the adapters of one direction or one cell to a file of their own, with a card beside it.

The adapters are safetensors, the card (the same name, but .json) says what they are and which backbone
they belong to; `hyperadapters attach` puts them onto it. With --whole, a hypernetwork (or a bank of
adapters) leaves with all that it serves. With --plain, adapters of kinds parallel, lora and ia3 are folded
into the backbone instead: an ordinary fairseq Transformer that needs none of this code. With --peft, LoRA is
written as a folder that the package peft puts onto the Hugging Face model it belongs to.
"""

import json
from argparse import ArgumentParser, Namespace

from ..support.errors import UserError


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint with adapters (.pt), trained or baked")
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--direction", help="direction, e.g. de-fr")
    either.add_argument(
        "--cell", help="of a checkpoint of --task hyperx: cell, trained or not, e.g. ner:de"
    )
    either.add_argument(
        "--whole",
        action="store_true",
        help="all adapters, or the hypernetwork that generates them: all directions or cells",
    )
    add(
        "--out",
        required=True,
        metavar="FILE",
        help="file to write (.safetensors; with --plain .pt; with --peft a folder)",
    )
    layout = parser.add_mutually_exclusive_group()
    layout.add_argument(
        "--plain",
        action="store_true",
        help="with --direction: write an ordinary fairseq Transformer",
    )
    layout.add_argument(
        "--peft", action="store_true", help="write LoRA in the layout of Hugging Face's peft"
    )
    add("--json", action="store_true", help="print the card (with --plain, the command) as JSON")


def run(args: Namespace) -> None:
    """Exports and says what was written."""
    if args.plain:
        if args.direction is None:
            raise UserError("--plain writes a model that translates: name a --direction")
        from ..checkpoints.export.plain import export_plain

        command = export_plain(args.checkpoint, args.direction, args.out)
        print(json.dumps({"command": command}) if args.json else f"translate with: {command}")
        return
    if args.whole:
        if args.peft:
            raise UserError(
                "--peft writes a single set of adapters: name a --direction or a --cell"
            )
        from ..checkpoints.export import whole_source

        card = whole_source.export_whole(args.checkpoint, args.out)
        print(json.dumps(card, indent=2) if args.json else whole_source.summary(card, args.out))
        return
    if args.peft:
        from ..checkpoints.export import peft_layout

        settings = peft_layout.export_peft(args.checkpoint, args.direction or args.cell, args.out)
        print(json.dumps(settings) if args.json else peft_layout.summary(settings, args.out))
        return
    from ..checkpoints.export.export import export_cell, export_direction, summary

    if args.cell is not None:
        card = export_cell(args.checkpoint, args.cell, args.out)
    else:
        card = export_direction(args.checkpoint, args.direction, args.out)
    print(json.dumps(card, indent=2) if args.json else summary(card, args.out))
