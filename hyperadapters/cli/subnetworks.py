"""Find which attention heads each language needs, and make and compare masks of heads.

`find` prunes the heads of a trained model for every language: the least important ones go step by step,
until the score falls below a share of the whole model's, or until so many are left. The file of masks is
for fairseq-train --extra-adapters head_mask:language@src/ --head-masks FILE, or, without training, for
`apply`. `random` and `shared` make controls of it, `nearest` adds languages, `extract` reads the masks that
a model has learnt, `show` prints and draws how masks overlap, `conflict` how far the gradients of languages
go against each other.
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
        help="a table of distances between languages, genealogy (default) or glottolog",
    )  # fmt: skip
    options = action("show", "overlap of the masks, as a table and as a picture", show)
    options.add_argument("masks", help="file of masks (.json)")
    options.add_argument("--out", type=Path, help="picture to write (.png)")
    add_distances(options)
    add_apply(action("apply", "put masks onto a trained checkpoint, without training", apply_masks))
    add_extract(
        action("extract", "the masks that a model was given, has learnt or generates", extract)
    )
    add_conflict(
        action("conflict", "cosines of the gradients of languages or directions", conflict)
    )


def add_distances(parser: ArgumentParser) -> None:
    """Adds the option of known distances."""
    parser.add_argument(
        "--distances", metavar="FILE",
        help="a table of distances, genealogy or glottolog: tests whether near languages are alike",
    )  # fmt: skip


def add_choice(parser: ArgumentParser) -> None:
    """Adds the options that choose sentences."""
    add = parser.add_argument
    add(
        "--data", required=True, metavar="FOLDER",
        help="folder of corpus.yaml; of a translation model, that of the binarised pairs",
    )  # fmt: skip
    add(
        "--cells", "--directions", default="trained", metavar="NAMES",
        help="trained (default), or a comma-separated list of cells (parse:en,parse:de) or, of a translation "
        "model, of directions (de-en,en-de)",
    )  # fmt: skip
    add("--subset", default="valid", metavar="SPLIT", help="(default: %(default)s)")
    add(
        "--sentences", type=int, metavar="N",
        help="the first sentences of each cell or direction (default: all)",
    )  # fmt: skip
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")


def choice_of(args: Namespace) -> Any:
    """The sentences that a user chose."""
    from ..evaluation.examples import Choice

    return Choice(args.data, args.cells, args.subset, args.sentences, args.cpu)


def add_find(parser: ArgumentParser) -> None:
    """Adds the options of `find`."""
    add = parser.add_argument
    add(
        "--checkpoint", required=True, nargs="+", metavar="CHECKPOINT",
        help="trained checkpoint (.pt); several, of different seeds, vote",
    )  # fmt: skip
    add_choice(parser)
    add(
        "--out",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="folder for masks.json and masks.png",
    )
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


def add_apply(parser: ArgumentParser) -> None:
    """Adds the options of `apply`."""
    parser.add_argument("masks", help="file of masks (.json)")
    parser.add_argument("--checkpoint", required=True, help="trained checkpoint (.pt)")
    parser.add_argument("--out", required=True, metavar="FILE", help="checkpoint to write (.pt)")


def add_extract(parser: ArgumentParser) -> None:
    """Adds the options of `extract`."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="checkpoint with head masks (.pt)")
    add(
        "--cells", "--directions", default="trained", metavar="NAMES",
        help="cells or directions, trained or not, for whose languages (default: trained)",
    )  # fmt: skip
    add("--out", required=True, type=Path, help="file to write (.json)")


def add_conflict(parser: ArgumentParser) -> None:
    """Adds the options of `conflict`."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="trained checkpoint (.pt)")
    add_choice(parser)
    add(
        "--masks", metavar="FILE",
        help="the heads that each language uses (default: all): parts of other heads do not count where the "
        "coordinates of two languages are compared that both use",
    )  # fmt: skip
    add("--out", required=True, type=Path, metavar="FOLDER", help="folder for conflict.json, .png")
    add_distances(parser)


def run(args: Namespace) -> None:
    """Runs an action."""
    args.act(args)


def find(args: Namespace) -> None:
    """Finds masks, writes, draws and prints them."""
    from ..evaluation.subnetworks import Search, find_masks
    from ..subnetworks.pruning import Pruning
    from ..subnetworks.report import draw_masks, draw_overlap, overlap_table, search_table

    pruning = Pruning(args.step, args.threshold, args.kept)
    masks, rows = find_masks(
        args.checkpoint, args.out, Search(choice_of(args), pruning, args.share)
    )
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
    from ..relatedness.agreement import agreement
    from ..subnetworks.masks import HeadMasks
    from ..subnetworks.report import draw_overlap, overlap_table

    masks = HeadMasks.read(args.masks)
    if args.out:
        draw_overlap(masks, args.out)
    names, test = list(masks.masks), None
    if args.distances:
        overlaps = [[masks.overlap(a, b) for b in names] for a in names]
        test = agreement(overlaps, names, args.distances)
    print_result(args, masks.as_plain(), overlap_table(masks), "overlap", test)


def apply_masks(args: Namespace) -> None:
    """Puts masks onto a checkpoint."""
    from ..checkpoints.export.head_masks import apply_head_masks

    print_masks(args, apply_head_masks(args.checkpoint, args.masks, args.out))


def extract(args: Namespace) -> None:
    """Reads the masks of a checkpoint."""
    from ..checkpoints.export.head_masks import extract_head_masks

    finish(args, extract_head_masks(args.checkpoint, args.cells))


def conflict(args: Namespace) -> None:
    """Compares gradients."""
    from ..evaluation.gradient_conflict import gradient_conflict
    from ..relatedness.agreement import agreement
    from ..subnetworks.masks import HeadMasks
    from ..subnetworks.report import conflict_table, draw_matrices
    from ..support.files import write_json

    masks = HeadMasks.read(args.masks) if args.masks else None
    result = gradient_conflict(args.checkpoint, choice_of(args), masks)
    write_json(args.out / "conflict.json", result)
    cosines = {f"cosine, {title}": matrix for title, matrix in result["cosines"].items()}
    draw_matrices(args.out / "conflict.png", result["names"], cosines, (-1, 1))
    both, test = result["cosines"]["both use"], None
    if args.distances:
        test = agreement(both, result["names"], args.distances)
    print_result(args, result, conflict_table(result), "cosines", test)


def print_result(
    args: Namespace, result: dict[str, Any], table: str, title: str, test: Any
) -> None:
    """Prints a result as JSON or a table, with a test against distances if there is one."""
    from ..relatedness.agreement import agreement_line

    if args.json:
        print(json.dumps({**result, **({"agreement": test} if test else {})}, indent=2))
    else:
        print("\n\n".join([table, *([agreement_line(title, test)] if test else [])]))


def print_masks(args: Namespace, masks: Any) -> None:
    """Prints masks as JSON, or their overlap as a table."""
    from ..subnetworks.report import overlap_table

    print_result(args, masks.as_plain(), overlap_table(masks), "overlap", None)
