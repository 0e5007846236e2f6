"""Show what a checkpoint has learnt about its languages.

Language embeddings and the adapters of every language (generated, or stored) as dendrograms and maps,
the nearest neighbours of each language, and the correlation with known distances. With --swap also
what translations lose with the adapters of other languages. Writes languages.md, languages.json and
figures.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .evaluate import add_workers


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
        "lines of two languages and a distance, separated by tabs, commas or blanks; or 'genealogy' "
        "for the coarse one that comes with the package (the 52 languages of mBART-50), or 'glottolog' "
        "for Glottolog's tree (243 languages); codes as de, de_DE or deu_Latn",
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
    add_swap(parser.add_argument_group("swap test"))


def add_swap(group) -> None:
    """Adds the options of the swap test."""
    add = group.add_argument
    add(
        "--swap",
        metavar="LIST",
        help="translate with the adapters of other languages: LANGUAGE:OTHER,... (af_ZA:nl_XX), or "
        "'auto' for the nearest and the farthest of every language but English, by --distances or "
        "else by what was learnt; an interrupted test goes on",
    )
    add("--data", help="data folder, as given to fairseq-train")
    add(
        "--directions",
        default="trained",
        help="trained (default), all, zero-shot, or a comma-separated list",
    )
    add("--subset", default="test", choices=("test", "valid"), help="(default: %(default)s)")
    add(
        "--sentences",
        type=int,
        default=0,
        metavar="N",
        help="first sentences of each direction (default: all)",
    )
    add("--english", metavar="CODE", help="the language in the centre (default: en, or en_*)")
    add("--beam", type=int, default=5, help="beam size (default: %(default)s)")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")
    add_workers(group)


def run(args: Namespace) -> None:
    """Analyses and prints."""
    from .. import register

    register()
    from ..relatedness.run import Options
    from ..relatedness.run import run as analyse

    languages = tuple(code.strip() for code in args.languages.split(",") if code.strip())
    options = Options(args.distances, languages, args.neighbours, swap_options(args))
    analysis = analyse(args.checkpoint, args.out, options)
    if args.json:
        print(json.dumps(analysis, indent=2))
    else:
        page = args.out / "languages.md"
        print(f"{page.read_text(encoding='utf-8')}\ndetails and figures: {args.out}")


def swap_options(args: Namespace):
    """The options of the swap test, None without --swap.

    Raises:
        UserError: if there are no data to translate.
    """
    if not args.swap:
        return None
    from ..evaluation.adapter_swap.run import SwapOptions
    from ..evaluation.translation.decoding import Search
    from ..evaluation.translation.plan import Options
    from ..support.errors import UserError

    if not args.data:
        raise UserError("--swap translates: name the data folder with --data")
    choices = {name: getattr(args, name) for name in (
        "directions", "subset", "english", "cpu", "workers",
    )}  # fmt: skip
    evaluation = Options(search=Search(beam=args.beam), **choices)
    return SwapOptions(args.data, args.swap, args.sentences, evaluation)
