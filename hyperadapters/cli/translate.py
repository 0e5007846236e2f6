"""Translate text from standard input with a trained checkpoint, in any known direction."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="trained checkpoint (.pt)")
    add("--data", required=True, help="folder with the dictionaries, as given to fairseq-train")
    add(
        "--sentencepiece-model",
        help="sentencepiece model, or none for input in pieces (default: sentencepiece.model beside "
        "or in the data folder)",
    )
    add("--source-lang", "-s", required=True, help="source language")
    add("--target-lang", "-t", required=True, help="target language")
    add("--beam", type=int, default=5, help="beam size (default: %(default)s)")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")


def run(args: Namespace) -> None:
    """Translates line by line."""
    from ..support.text import decode, split_lines

    lines = split_lines(decode(sys.stdin.buffer.read(), "standard input"))
    from ..api import Translator

    model = args.sentencepiece_model or model_beside(args.data)
    translator = Translator.load(
        args.checkpoint, args.data, None if model == "none" else model, args.cpu
    )
    for line in translator.translate(lines, args.source_lang, args.target_lang, beam=args.beam):
        print(line)


def model_beside(data: str) -> str:
    """The sentencepiece model that belongs to a data folder, as `hyperadapters prepare` leaves it.

    Raises:
        UserError: if there is none.
    """
    from ..support.errors import UserError

    folder = Path(data).resolve()
    for path in (folder.parent / "sentencepiece.model", folder / "sentencepiece.model"):
        if path.is_file():
            return str(path)
    raise UserError(
        f"there is no sentencepiece.model beside or in {data}: give --sentencepiece-model, or "
        "'--sentencepiece-model none' for input in pieces"
    )
