"""The report: what was read, kept and dropped, and why."""

from typing import Any

from ..reports.tables import format_table
from ..support.errors import format_list
from .context import Context
from .corpora import SPLITS, Part
from .filters.rules import EMPTY, GAP, REASONS

USUAL = 0.5  # part of a training set that filters leave at least
POSITIONS = 1024 - 1  # fairseq's default, and one is for the language token
Figures = dict[str, Any]


def figures(context: Context, data: str, held_out: int) -> Figures:
    """All counts as plain data.

    Args:
        context: a preparation whose data are binarised.
        data: fairseq's data path.
        held_out: different held-out sentences.
    """
    steps = context.steps
    name = "sentencepiece model" if context.config.sentencepiece.model else "sentencepiece training"
    model = {key: value for key, value in steps.result(name).items() if key != "digest"}
    dictionary = steps.result("dictionary")
    return {
        "data": data,
        "languages": context.corpora.languages,
        "english": context.config.english,
        "language_tokens": context.config.sentencepiece.language_tokens,
        "pretrained": context.config.pretrained
        and str((context.folder / context.config.pretrained).resolve()),
        "directions": directions(context),
        "held_out_sentences": held_out,
        "dictionary": {key: dictionary[key] for key in ("symbols", "missing")},
        "sentencepiece": model,
        "splits": {
            split: {part.pair: part_figures(context, part) for part in context.corpora.of(split)}
            for split in ("train", "valid", "test")
        },
        "pairs_without_valid": without_valid(context),
        "warnings": warnings(context, dictionary["missing"]),
    }


def part_figures(context: Context, part: Part) -> Figures:
    """Read, kept and dropped of a part."""
    counts = context.counts(part)
    dropped = dict(counts["dropped"])
    encoded = longest = 0
    if counts["kept"]:
        encoding = context.steps.result(f"encode {part.name}")
        encoded = encoding["sentences"]
        if encoding["dropped"]:
            dropped["too many pieces"] = encoding["dropped"]
        longest = encoding["longest"]
    return {"read": counts["read"], "kept": encoded, "dropped": dropped, "longest": longest}


def directions(context: Context) -> list[str]:
    """The training directions: both of every pair that has training data."""
    pairs = [(part.src, part.tgt) for part in context.full("train")]
    return [f"{a}-{b}" for src, tgt in pairs for a, b in ((src, tgt), (tgt, src))]


def without_valid(context: Context) -> list[str]:
    """Training pairs for which fairseq-train will find no valid set."""
    valid_names = {part.name for part in context.full("valid")}
    return [
        part.pair
        for part in context.full("train")
        if not {f"valid.{part.pair}", f"valid.{part.tgt}-{part.src}"} & valid_names
    ]


def warnings(context: Context, missing: int) -> list[str]:
    """What a user should know before training."""
    messages = []
    for split in SPLITS:
        lost = [part.pair for part in context.corpora.of(split) if not context.counts(part)["kept"]]
        if lost:
            messages.append(f"no sentence pair is left in {split} of {format_list(lost)}: left out")
    trained = {code for part in context.full("train") for code in (part.src, part.tgt)}
    idle = [code for code in context.corpora.languages if code not in trained]
    if idle:
        messages.append(
            f"no training pair with {format_list(idle)}: no direction of theirs is trained"
        )
    messages += mostly_dropped(context)
    messages += too_long(context)
    lacking = without_valid(context)
    if lacking:
        messages.append(
            f"no valid set for {format_list(lacking)}: train with --disable-validation, or add one"
        )
    settings = context.config.sentencepiece
    if not settings.model:
        size = context.steps.result("sentencepiece training")["pieces"]
        if size > settings.vocabulary:
            messages.append(
                f"sentencepiece.vocabulary is {settings.vocabulary:,}, but the model has {size:,} pieces: "
                "characters, bytes and special symbols alone need them"
            )
    if missing:
        messages.append(
            f"{missing} pieces of the model are not in its dictionary: they become unknown"
        )
    return messages


def too_long(context: Context) -> list[str]:
    """Sets with sentences for which models have no positions unless they are given more."""
    longest = {part.name: part_figures(context, part)["longest"] for part in context.full(*SPLITS)}
    long = [f"{name} ({pieces:,})" for name, pieces in longest.items() if pieces > POSITIONS]
    if not long:
        return []
    return [
        f"sentences of more than {POSITIONS} pieces in {format_list(long)}: models have so many positions "
        "unless --max-source-positions and --max-target-positions give more; training leaves such "
        "sentences out and stops at those of a valid set: shorten them"
    ]


def mostly_dropped(context: Context) -> list[str]:
    """Training pairs of which the filters keep less than `USUAL`, and why."""
    messages = []
    for part in context.full("train"):
        counts = part_figures(context, part)
        reasons = {
            reason: lost for reason, lost in counts["dropped"].items() if reason not in (GAP, EMPTY)
        }
        considered = counts["kept"] + sum(reasons.values())
        if counts["kept"] < USUAL * considered:
            worst = max(reasons, key=reasons.__getitem__)
            messages.append(
                f"only {counts['kept']:,} of {considered:,} training pairs of {part.pair} are kept, most are "
                f"dropped as '{worst}': look at the files or at that filter"
            )
    return messages


def format_page(figures: Figures) -> str:
    """The figures as a Markdown page with a row for every pair."""
    tables = [
        f"## {split}\n\n{table(pairs)}\n" for split, pairs in figures["splits"].items() if pairs
    ]
    return "\n".join(["# Report of the preparation\n", heading(figures), *tables, notes(figures)])


def summary(figures: Figures) -> str:
    """The figures for the terminal: the training pairs, and totals of the other sets."""
    lines = [heading(figures), table(figures["splits"]["train"]), ""]
    for split in ("valid", "test"):
        pairs = figures["splits"][split]
        if pairs:
            sentences = sum(pair["kept"] for pair in pairs.values())
            lines.append(f"{split}: {len(pairs)} pairs, {sentences:,} sentence pairs")
    return "\n".join([*lines, "", notes(figures)])


def heading(figures: Figures) -> str:
    """What was made, in one line."""
    return (
        f"{len(figures['languages'])} languages, {len(figures['directions'])} training directions, "
        f"{figures['held_out_sentences']:,} different held-out sentences, dictionary of "
        f"{figures['dictionary']['symbols']:,} symbols.\n"
    )


def table(pairs: dict[str, Figures]) -> str:
    """A table of one split: read, kept, and dropped for each reason that occurs."""
    reasons = [reason for reason in REASONS if any(reason in p["dropped"] for p in pairs.values())]
    columns = ("read", "kept", *reasons)
    rows = {
        pair: [
            counts["read"],
            counts["kept"],
            *(counts["dropped"].get(reason, 0) for reason in reasons),
        ]
        for pair, counts in pairs.items()
    }
    if len(rows) > 1:
        rows["all"] = [sum(column) for column in zip(*rows.values())]
    cells = [[pair, *(f"{number:,}" for number in row)] for pair, row in rows.items()]
    return format_table(cells, ("pair", *columns))


def notes(figures: Figures) -> str:
    """What the reasons mean, and the warnings."""
    pairs = [pair for pairs in figures["splits"].values() for pair in pairs.values()]
    reasons = {reason for pair in pairs for reason in pair["dropped"]}
    lines = [f"- {reason}: {text}" for reason, text in REASONS.items() if reason in reasons]
    if lines:
        lines = ["Dropped, each pair under the first reason that fits:\n", *lines, ""]
    if figures["warnings"]:
        lines += ["Warnings:\n", *(f"- {warning}" for warning in figures["warnings"]), ""]
    return "\n".join(lines)
