"""Translate text from standard input with a trained checkpoint, in any known direction."""

import sys
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="trained checkpoint (.pt)")
    add("--data", required=True, help="folder with the dictionaries, as given to fairseq-train")
    add("--sentencepiece-model", help="sentencepiece model; without it, input must be in pieces")
    add("--source-lang", "-s", required=True, help="source language")
    add("--target-lang", "-t", required=True, help="target language")
    add("--beam", type=int, default=5, help="beam size (default: %(default)s)")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")


def run(args: Namespace) -> None:
    """Translates line by line."""
    from ..api import Translator

    translator = Translator.load(args.checkpoint, args.data, args.sentencepiece_model, args.cpu)
    lines = [line.rstrip("\n") for line in sys.stdin]
    for line in translator.translate(lines, args.source_lang, args.target_lang, beam=args.beam):
        print(line)
