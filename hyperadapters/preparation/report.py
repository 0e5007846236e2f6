"""The report: what was read, kept and dropped, and why."""

from typing import Any

from ..reports.tables import format_table
from ..support.errors import format_list
from .corpora import SPLITS, Part
from .filters.rules import EMPTY, GAP, REASONS
from .job import Job

USUAL = 0.5  # part of a training set that filters leave at least
POSITIONS = 1024 - 1  # fairseq's default, and one is for the language token
Figures = dict[str, Any]


def figures(job: Job, data: str, held_out: int) -> Figures:
    """All counts as plain data.

    Args:
        job: a preparation whose data are binarised.
        data: fairseq's data path.
        held_out: different held-out sentences.
    """
    steps = job.steps
    name = "sentencepiece model" if job.config.sentencepiece.model else "sentencepiece training"
    model = {key: value for key, value in steps.result(name).items() if key != "digest"}
    dictionary = steps.result("dictionary")
    return {
        "data": data,
        "languages": job.corpora.languages,
        "english": job.config.english,
        "language_tokens": job.config.sentencepiece.language_tokens,
        "directions": directions(job),
        "held_out_sentences": held_out,
        "dictionary": {key: dictionary[key] for key in ("symbols", "missing")},
        "sentencepiece": model,
        "splits": {
            split: {part.pair: part_figures(job, part) for part in job.corpora.of(split)}
            for split in ("train", "valid", "test")
        },
        "warnings": warnings(job, dictionary["missing"]),
    }


def part_figures(job: Job, part: Part) -> Figures:
    """Read, kept and dropped of a part."""
    counts = job.counts(part)
    dropped = dict(counts["dropped"])
    encoded = longest = 0
    if counts["kept"]:
        found = job.steps.result(f"encode {part.name}")
        encoded = found["sentences"]
        if found["dropped"]:
            dropped["too many pieces"] = found["dropped"]
        longest = found["longest"]
    return {"read": counts["read"], "kept": encoded, "dropped": dropped, "longest": longest}


def directions(job: Job) -> list[str]:
    """The training directions: both of every pair that has training data."""
    pairs = [(part.src, part.tgt) for part in job.full("train")]
    return [f"{a}-{b}" for src, tgt in pairs for a, b in ((src, tgt), (tgt, src))]


def without_valid(job: Job) -> list[str]:
    """Training pairs for which fairseq-train will find no valid set."""
    there = {part.name for part in job.full("valid")}
    return [
        part.pair
        for part in job.full("train")
        if not {f"valid.{part.pair}", f"valid.{part.tgt}-{part.src}"} & there
    ]


def warnings(job: Job, missing: int) -> list[str]:
    """What a user should know before training."""
    found = []
    for split in SPLITS:
        lost = [part.pair for part in job.corpora.of(split) if not job.counts(part)["kept"]]
        if lost:
            found.append(f"no sentence pair is left in {split} of {format_list(lost)}: left out")
    trained = {code for part in job.full("train") for code in (part.src, part.tgt)}
    idle = [code for code in job.corpora.languages if code not in trained]
    if idle:
        found.append(
            f"no training pair with {format_list(idle)}: no direction of theirs is trained"
        )
    found += mostly_dropped(job)
    found += too_long(job)
    lacking = without_valid(job)
    if lacking:
        found.append(
            f"no valid set for {format_list(lacking)}: train with --disable-validation, or add one"
        )
    settings = job.config.sentencepiece
    if not settings.model:
        size = job.steps.result("sentencepiece training")["pieces"]
        if size > settings.vocabulary:
            found.append(
                f"sentencepiece.vocabulary is {settings.vocabulary:,}, but the model has {size:,} pieces: "
                "characters, bytes and special symbols alone need them"
            )
    if missing:
        found.append(
            f"{missing} pieces of the model are not in its dictionary: they become unknown"
        )
    return found


def too_long(job: Job) -> list[str]:
    """Sets with sentences for which models have no positions unless they are given more."""
    longest = {part.name: part_figures(job, part)["longest"] for part in job.full(*SPLITS)}
    long = [f"{name} ({pieces:,})" for name, pieces in longest.items() if pieces > POSITIONS]
    if not long:
        return []
    return [
        f"sentences of more than {POSITIONS} pieces in {format_list(long)}: models have so many positions "
        "unless --max-source-positions and --max-target-positions give more; training leaves such "
        "sentences out and stops at those of a valid set: shorten them"
    ]


def mostly_dropped(job: Job) -> list[str]:
    """Training pairs of which the filters keep less than `USUAL`, and why."""
    found = []
    for part in job.full("train"):
        own = part_figures(job, part)
        reasons = {
            reason: lost for reason, lost in own["dropped"].items() if reason not in (GAP, EMPTY)
        }
        there = own["kept"] + sum(reasons.values())
        if own["kept"] < USUAL * there:
            worst = max(reasons, key=reasons.__getitem__)
            found.append(
                f"only {own['kept']:,} of {there:,} training pairs of {part.pair} are kept, most are "
                f"dropped as '{worst}': look at the files or at that filter"
            )
    return found


def markdown(found: Figures) -> str:
    """The figures as a Markdown page with a row for every pair."""
    tables = [
        f"## {split}\n\n{table(pairs)}\n" for split, pairs in found["splits"].items() if pairs
    ]
    return "\n".join(["# Report of the preparation\n", heading(found), *tables, notes(found)])


def summary(found: Figures) -> str:
    """The figures for the terminal: the training pairs, and totals of the other sets."""
    lines = [heading(found), table(found["splits"]["train"]), ""]
    for split in ("valid", "test"):
        pairs = found["splits"][split]
        if pairs:
            kept = sum(pair["kept"] for pair in pairs.values())
            lines.append(f"{split}: {len(pairs)} pairs, {kept:,} sentence pairs")
    return "\n".join([*lines, "", notes(found)])


def heading(found: Figures) -> str:
    """What was made, in one line."""
    return (
        f"{len(found['languages'])} languages, {len(found['directions'])} training directions, "
        f"{found['held_out_sentences']:,} different held-out sentences, dictionary of "
        f"{found['dictionary']['symbols']:,} symbols.\n"
    )


def table(pairs: dict[str, Figures]) -> str:
    """A table of one split: read, kept, and dropped for each reason that occurs."""
    reasons = [reason for reason in REASONS if any(reason in p["dropped"] for p in pairs.values())]
    columns = ("read", "kept", *reasons)
    rows = {
        pair: [own["read"], own["kept"], *(own["dropped"].get(reason, 0) for reason in reasons)]
        for pair, own in pairs.items()
    }
    if len(rows) > 1:
        rows["all"] = [sum(column) for column in zip(*rows.values())]
    cells = [[pair, *(f"{number:,}" for number in row)] for pair, row in rows.items()]
    return format_table(cells, ("pair", *columns))


def notes(found: Figures) -> str:
    """What the reasons mean, and the warnings."""
    every = [pair for pairs in found["splits"].values() for pair in pairs.values()]
    used = {reason for pair in every for reason in pair["dropped"]}
    lines = [f"- {reason}: {text}" for reason, text in REASONS.items() if reason in used]
    if lines:
        lines = ["Dropped, each pair under the first reason that fits:\n", *lines, ""]
    if found["warnings"]:
        lines += ["Warnings:\n", *(f"- {warning}" for warning in found["warnings"]), ""]
    return "\n".join(lines)
