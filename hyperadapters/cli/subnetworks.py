"""Find which attention heads each language needs, and compare the masks.

`find` prunes the heads of a trained model for every language: the least important ones go step by step,
until the score falls below a share of the whole model's, or until so many are left. The file of masks is
for fairseq-train --extra-adapters head_mask:language@src/ --head-masks FILE. `random` and `shared` make
controls of it: masks of equal size per layer, and one mask for all languages. `show` prints and draws masks.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_find(actions.add_parser("find", help="find masks with a trained model"))
    for name, text in (
        ("random", "random masks with as many heads in every layer"),
        ("shared", "one mask for all languages, of the heads that most of them use"),
        ("show", "overlap of the masks, as a table and as a picture"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("masks", help="file of masks (.json)")
        what = (
            "picture of the overlap to write (.png)" if name == "show" else "file to write (.json)"
        )
        action.add_argument("--out", required=name != "show", type=Path, help=what)
        if name == "random":
            action.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
        action.add_argument("--json", action="store_true", help="print JSON instead of a table")


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
        help="of several models: share of the masks that must have a head (1: intersection; default: "
        "%(default)s)",
    )  # fmt: skip
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(args: Namespace) -> None:
    """Runs an action."""
    if args.action == "find":
        find(args)
    else:
        change_or_show(args)


def find(args: Namespace) -> None:
    """Finds masks, writes and prints them."""
    from ..evaluation.subnetworks import Search, find_masks
    from ..subnetworks.pruning import Pruning
    from ..subnetworks.report import draw_masks, draw_overlap, overlap_table, search_table

    pruning = Pruning(args.step, args.threshold, args.kept)
    search = Search(args.data, args.cells, args.subset, pruning, args.share, args.cpu)
    masks, rows = find_masks(args.checkpoint, args.out, search)
    masks.write(args.out / "masks.json")
    draw_masks(masks, args.out / "masks.png")
    draw_overlap(masks, args.out / "overlap.png")
    show(
        args,
        {**masks.as_plain(), "found": rows},
        f"{search_table(masks, rows)}\n\n{overlap_table(masks)}",
    )


def change_or_show(args: Namespace) -> None:
    """Makes a control of masks, or shows them."""
    from ..subnetworks.masks import HeadMasks
    from ..subnetworks.pruning import shared, shuffled
    from ..subnetworks.report import draw_overlap, overlap_table

    masks = HeadMasks.read(args.masks)
    if args.action == "random":
        masks = shuffled(masks, args.seed)
    elif args.action == "shared":
        masks = shared(masks)
    elif args.out:
        draw_overlap(masks, args.out)
    if args.action != "show":
        masks.write(args.out)
    show(args, masks.as_plain(), overlap_table(masks))


def show(args: Namespace, content: dict[str, Any], text: str) -> None:
    """Prints content as JSON, or text."""
    print(json.dumps(content, indent=2) if args.json else text)
