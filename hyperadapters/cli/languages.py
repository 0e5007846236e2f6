"""Show what a checkpoint has learnt about its languages.

Language embeddings and the adapters of every language (generated, or stored) as dendrograms and maps,
the nearest neighbours of each language, and the correlation with known distances. Writes languages.md,
languages.json, dendrogram.png and map.png.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint with adapters (.pt), trained or baked")
    add("--out", required=True, type=Path, metavar="DIR", help="folder to write to")
    add(
        "--distances",
        default="",
        metavar="FILE",
        help="known distances: a square table with the languages in the first line and column, or "
        "lines of two languages and a distance; or 'genealogy' for the coarse one that comes with "
        "the package (the 52 languages of mBART-50, as de_DE or de)",
    )
    add("--languages", default="", metavar="LIST", help="comma-separated list (default: all)")
    add(
        "--neighbours",
        type=int,
        default=3,
        metavar="N",
        help="nearest languages to list (default: %(default)s)",
    )
    add("--json", action="store_true", help="print languages.json instead of the page")


def run(args: Namespace) -> None:
    """Analyses and prints."""
    from .. import register

    register()
    from ..relatedness.run import Options
    from ..relatedness.run import run as analyse

    languages = tuple(code.strip() for code in args.languages.split(",") if code.strip())
    options = Options(args.distances, languages, args.neighbours)
    found = analyse(args.checkpoint, args.out, options)
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        print((args.out / "languages.md").read_text(encoding="utf-8"))
