"""Find which attention heads each language needs, and make and compare masks of heads.

`find` prunes the heads of a trained model for every language: the least important ones go step by step,
until the score falls below a share of the whole model's, or until so many are left. The file of masks is
for fairseq-train --extra-adapters head_mask:language@src/ --head-masks FILE. `random` and `shared` make
controls of it, `nearest` adds languages, `show` prints and draws how masks overlap.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str, function: Any) -> ArgumentParser:
        options = actions.add_parser(name, help=text, description=text)
        options.set_defaults(act=function)
        options.add_argument("--json", action="store_true", help="print JSON instead of a table")
        return options

    def change(name: str, text: str, function: Any) -> ArgumentParser:
        options = action(name, text, function)
        options.add_argument("masks", help="file of masks (.json)")
        options.add_argument("--out", required=True, type=Path, help="file to write (.json)")
        return options

    add_find(action("find", "find masks with a trained model", find))
    options = change("random", "random masks with as many heads in every layer", make_random)
    options.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    change("shared", "one mask for all languages, of the heads that most of them use", make_shared)
    options = change("nearest", "give languages the masks of their nearest ones", add_nearest)
    options.add_argument(
        "--languages", required=True, metavar="LANG,LANG", help="those without a mask"
    )
    options.add_argument(
        "--distances", default="genealogy", metavar="FILE",
        help="a table of distances between languages, or genealogy (default)",
    )  # fmt: skip
    options = action("show", "overlap of the masks, as a table and as a picture", show)
    options.add_argument("masks", help="file of masks (.json)")
    options.add_argument("--out", type=Path, help="picture to write (.png)")


def add_find(parser: ArgumentParser) -> None:
    """Adds the options of `find`."""
    add = parser.add_argument
    add(
        "--checkpoint", required=True, nargs="+", metavar="CHECKPOINT",
        help="checkpoint of fairseq-train --task hyperx (.pt); several, of different seeds, vote",
    )  # fmt: skip
    add("--data", required=True, metavar="FOLDER", help="folder of corpus.yaml")
    add(
        "--out",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="folder for masks.json and masks.png",
    )
    add(
        "--cells", default="trained", metavar="CELLS",
        help="trained (default), or a comma-separated list (parse:en,parse:de): a language's mask is "
        "found on all of its cells",
    )  # fmt: skip
    add("--subset", default="valid", metavar="SPLIT", help="(default: %(default)s)")
    add(
        "--step", type=float, default=0.1, metavar="SHARE",
        help="share of the heads that each step removes (default: %(default)s)",
    )  # fmt: skip
    add(
        "--threshold", type=float, default=0.95, metavar="SHARE",
        help="end before the score falls below this share of the whole model's (default: %(default)s)",
    )  # fmt: skip
    add(
        "--kept", type=float, metavar="SHARE",
        help="end when this share of the heads of each side is left, whatever the score: masks that "
        "--head-mask-kept can start from",
    )  # fmt: skip
    add(
        "--share", type=float, default=0.5, metavar="SHARE",
        help="of several models: share of the masks that must have a head (1: intersection; with --kept the "
        "most frequent heads count instead; default: "
        "%(default)s)",
    )  # fmt: skip
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")


def run(args: Namespace) -> None:
    """Runs an action."""
    args.act(args)


def find(args: Namespace) -> None:
    """Finds masks, writes, draws and prints them."""
    from ..evaluation.subnetworks import Search, find_masks
    from ..subnetworks.pruning import Pruning
    from ..subnetworks.report import draw_masks, draw_overlap, overlap_table, search_table

    pruning = Pruning(args.step, args.threshold, args.kept)
    search = Search(args.data, args.cells, args.subset, pruning, args.share, args.cpu)
    masks, rows = find_masks(args.checkpoint, args.out, search)
    masks.write(args.out / "masks.json")
    draw_masks(masks, args.out / "masks.png")
    draw_overlap(masks, args.out / "overlap.png")
    if args.json:
        print(json.dumps({**masks.as_plain(), "pruned": rows}, indent=2))
    else:
        print(f"{search_table(masks, rows)}\n\n{overlap_table(masks)}")


def make_random(args: Namespace) -> None:
    """Makes random masks."""
    from ..subnetworks.masks import HeadMasks
    from ..subnetworks.pruning import shuffled

    finish(args, shuffled(HeadMasks.read(args.masks), args.seed))


def make_shared(args: Namespace) -> None:
    """Makes one mask for all languages."""
    from ..subnetworks.masks import HeadMasks
    from ..subnetworks.pruning import shared

    finish(args, shared(HeadMasks.read(args.masks)))


def add_nearest(args: Namespace) -> None:
    """Gives further languages the masks of their nearest ones."""
    from ..evaluation.subnetworks import with_nearest
    from ..subnetworks.masks import HeadMasks

    masks = HeadMasks.read(args.masks)
    finish(args, with_nearest(masks, args.languages.split(","), args.distances))


def finish(args: Namespace, masks: Any) -> None:
    """Writes and prints masks."""
    masks.write(args.out)
    print_masks(args, masks)


def show(args: Namespace) -> None:
    """Prints the overlap of masks, and draws it if a picture is wanted."""
    from ..subnetworks.masks import HeadMasks
    from ..subnetworks.report import draw_overlap

    masks = HeadMasks.read(args.masks)
    if args.out:
        draw_overlap(masks, args.out)
    print_masks(args, masks)


def print_masks(args: Namespace, masks: Any) -> None:
    """Prints masks as JSON, or their overlap as a table."""
    from ..subnetworks.report import overlap_table

    print(json.dumps(masks.as_plain(), indent=2) if args.json else overlap_table(masks))
