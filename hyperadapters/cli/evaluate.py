"""Translate and score all directions of a checkpoint at once.

The model is loaded once, batches are filled across directions, and on a CPU all cores translate.
Results: evaluation.json (all figures), evaluation.md (averages and the matrix source x target), heat
maps as PNG, and the folders sources, hypotheses and references with detokenised text. Running the
command again goes on where it was interrupted, and adds directions or scores without translating
anything twice.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("--checkpoint", required=True, help="trained or baked checkpoint (.pt)")
    add("--data", required=True, help="data folder, as given to fairseq-train")
    add("--out", required=True, type=Path, metavar="FOLDER", help="folder for the results")
    add(
        "--directions",
        default="all",
        help="all that have binarised sentences (default), trained, zero-shot, or a comma-separated "
        "list (de-fr,fr-de)",
    )
    add("--subset", default="test", choices=("test", "valid"), help="(default: %(default)s)")
    add("--name", help="what to call the system (default: the checkpoint's folder)")
    add("--json", action="store_true", help="print the figures as JSON instead of a table")
    add_search(parser.add_argument_group("translation"))
    add_scoring(parser.add_argument_group("scores"))


def add_search(group) -> None:
    """Adds the options that translations depend on."""
    add = group.add_argument
    add("--beam", type=int, default=5, help="beam size (default: %(default)s)")
    add("--lenpen", type=float, default=1.0, help="length penalty (default: %(default)s)")
    add("--max-len-a", type=float, default=0.0, metavar="A", help="(default: %(default)s)")
    add(
        "--max-len-b",
        type=int,
        default=200,
        metavar="B",
        help="a translation has at most A * source length + B pieces (default: %(default)s)",
    )
    add(
        "--max-tokens",
        type=int,
        metavar="N",
        help="source pieces a batch (default: 12000, or no limit with --batch-size)",
    )
    add("--batch-size", type=int, metavar="N", help="sentences a batch (default: no limit)")
    add("--fp16", action="store_true", help="compute in half precision")
    add("--cpu", action="store_true", help="use the CPU even if a GPU is there")
    add_workers(group)


def add_workers(group) -> None:
    """Adds the option of the processes that translate."""
    group.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that translate on a CPU (default: one for each core; 1 not under Linux)",
    )


def add_scoring(group) -> None:
    """Adds the options of the scores."""
    add = group.add_argument
    add(
        "--english",
        metavar="CODE",
        help="the language of the groups into and out of English (default: en, or en_*)",
    )
    add(
        "--remove-bpe",
        default="auto",
        choices=("auto", "sentencepiece", "subword_nmt", "none"),
        help="how pieces become text (default: told from the dictionary)",
    )
    add(
        "--references",
        type=Path,
        metavar="FOLDER",
        help="raw text, files SUBSET.SRC-TGT.LANG named and ordered as the binarised ones (default: "
        "the folder text beside the data folder where it has them, else the binarised sentences)",
    )
    add(
        "--tokenizer",
        metavar="LANG=NAME,...",
        help="sacreBLEU tokenisers for BLEU by language (default: zh, ja-mecab, ko-mecab, char for "
        "Thai, Burmese, Khmer, Lao, Tibetan, Dzongkha, 13a for all others)",
    )
    add("--spbleu", action="store_true", help="spBLEU too (sacreBLEU's tokeniser flores200)")
    add(
        "--comet",
        type=Path,
        metavar="FOLDER",
        help="scores that COMET's comet-score --to_json wrote, one file SRC-TGT.json a direction",
    )
    add(
        "--language-identifier",
        default="ngrams",
        metavar="NAME",
        help="what finds off-target translations: ngrams (default; learns from the data), lingua, or "
        "a command that reads sentences and writes one language code a line",
    )


def run(args: Namespace) -> None:
    """Evaluates and prints the averages."""
    from ..evaluation.translation.decoding import Search
    from ..evaluation.translation.plan import Options
    from ..evaluation.translation.report import averages_table
    from ..evaluation.translation.run import evaluate

    search = Search(args.beam, args.lenpen, args.max_len_a, args.max_len_b)
    choices = {name: getattr(args, name) for name in (
        "directions", "subset", "max_tokens", "batch_size", "english", "fp16", "cpu", "workers",
        "remove_bpe", "references", "tokenizer", "spbleu", "comet", "language_identifier", "name",
    )}  # fmt: skip
    result = evaluate(args.checkpoint, args.data, args.out, Options(search=search, **choices))
    print(json.dumps(result, indent=2) if args.json else "\n" + averages_table(result, "simple"))
    print(f"details: {args.out / 'evaluation.md'}", file=sys.stderr)
