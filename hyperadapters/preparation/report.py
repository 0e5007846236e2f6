"""The report: what was read, kept and dropped, and why."""

from typing import Any, Dict, List

from .corpora import Part
from .filters import REASONS
from .job import Job


def figures(job: Job, data: str) -> Dict[str, Any]:
    """All counts as plain data.

    Args:
        job: a finished preparation.
        data: fairseq's data path.
    """
    done = job.steps
    model = done.done.get("sentencepiece training") or done.done["sentencepiece model"]
    dictionary = done.result("dictionary")
    return {
        "data": data,
        "languages": job.corpora.languages,
        "english": job.config.english,
        "directions": directions(job),
        "held_out_sentences": done.result("held-out sentences")["sentences"],
        "dictionary": {key: dictionary[key] for key in ("symbols", "missing")},
        "sentencepiece": {key: value for key, value in model["result"].items() if key != "digest"},
        "splits": {
            split: {part.pair: part_figures(job, part) for part in job.corpora.of(split)}
            for split in ("train", "valid", "test")
        },
    }


def part_figures(job: Job, part: Part) -> Dict[str, Any]:
    """Read, kept and dropped of a part."""
    counts = job.counts(part)
    dropped = dict(counts["dropped"])
    encoded = 0
    if counts["kept"]:
        found = job.steps.result(f"encode {part.name}")
        encoded = found["sentences"]
        if found["dropped"]:
            dropped["too many pieces"] = found["dropped"]
    return {"read": counts["read"], "kept": encoded, "dropped": dropped}


def directions(job: Job) -> List[str]:
    """The training directions: both of every pair that has training data."""
    pairs = [(part.src, part.tgt) for part in job.full("train")]
    return [f"{a}-{b}" for src, tgt in pairs for a, b in ((src, tgt), (tgt, src))]


def markdown(found: Dict[str, Any]) -> str:
    """The figures as a Markdown page."""
    from tabulate import tabulate

    tables = []
    for split, pairs in found["splits"].items():
        if not pairs:
            continue
        reasons = [
            reason for reason in REASONS if any(reason in p["dropped"] for p in pairs.values())
        ]
        columns = ("read", "kept", *reasons)
        rows = {
            pair: [p["read"], p["kept"], *(p["dropped"].get(reason, 0) for reason in reasons)]
            for pair, p in pairs.items()
        }
        if len(rows) > 1:
            rows["all"] = [sum(column) for column in zip(*rows.values())]
        table = tabulate(
            [[pair, *(f"{number:,}" for number in row)] for pair, row in rows.items()],
            ("pair", *columns), tablefmt="github", disable_numparse=True,
            colalign=("left", *["right"] * len(columns)),
        )  # fmt: skip
        tables.append(f"## {split}\n\n{table}\n")
    used = {
        reason
        for pairs in found["splits"].values()
        for p in pairs.values()
        for reason in p["dropped"]
    }
    notes = "".join(f"- {reason}: {text}\n" for reason, text in REASONS.items() if reason in used)
    return (
        "# Report of the preparation\n\n"
        f"{len(found['languages'])} languages, {len(found['directions'])} training directions, "
        f"{found['held_out_sentences']:,} different held-out sentences, dictionary of "
        f"{found['dictionary']['symbols']:,} symbols.\n\n"
        + "\n".join(tables)
        + (f"\nDropped, each pair under the first reason that fits:\n\n{notes}" if notes else "")
    )
