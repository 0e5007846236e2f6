"""The stage that filters every training set and takes over every held-out set."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..context import VERSION, Context
from ..corpora import Part
from ..filters.pairs import filter_parts
from ..filters.rules import Rules
from ..hashes import HeldOut
from ..held_out_sampling import sample_sets
from ..normalization import rule_of
from ..validate_files import stamp

Scripts = dict[str, tuple[str, ...]]


def filter_all(
    context: Context, held_out: HeldOut, scripts: Scripts, ratios: dict[str, float]
) -> HeldOut:
    """Writes the text of every part that is not up to date.

    Args:
        context: the preparation.
        held_out: the held-out sentences of all files.
        scripts: expected scripts of each language.
        ratios: usual ratio of lengths of each training part.
    Returns:
        the held-out sentences with those of drawn sets.
    """
    train = context.corpora.of("train")
    rules = {part.name: training_rules(context, part, held_out, scripts, ratios) for part in train}
    held_out = sample_sets(context, held_out, rules, all_inputs(train, rules, held_out))
    rules = {name: replace(part_rules, held_out=held_out) for name, part_rules in rules.items()}
    filter_some(
        context, train, rules, all_inputs(train, rules, held_out), context.config.filters.duplicates
    )

    others = [part for part in context.corpora.of("valid", "test") if not part.drawn]
    rules = {part.name: Rules(normalization_of(context)) for part in others}
    filter_some(context, others, rules, all_inputs(others, rules, held_out), False)
    return held_out


def filter_some(
    context: Context,
    parts: list[Part],
    rules: dict[str, Rules],
    inputs: dict[str, Any],
    duplicates: bool,
) -> None:
    """Filters those parts that are not up to date."""
    inputs = {name: [part_inputs, duplicates] for name, part_inputs in inputs.items()}
    todo = [part for part in parts if not is_filtered(context, part, inputs[part.name])]
    if not todo:
        return
    for part in todo:
        context.steps.forget(f"filter {part.name}")
    total = sum(context.facts[source.files[0]]["lines"] for part in todo for source in part.sources)
    folder = context.text_folder(todo[0])
    for part, counts in filter_parts(
        todo, lambda part: rules[part.name], folder, duplicates, total, context.workers
    ):
        context.steps.finish(f"filter {part.name}", inputs[part.name], counts)
    context.steps.save()


def is_filtered(context: Context, part: Part, inputs: Any) -> bool:
    """Whether the text of a part is up to date; if no sentence was left, it has no files."""
    name = f"filter {part.name}"
    if not context.steps.is_done(name, inputs):
        return False
    return not context.counts(part)["kept"] or all(
        path.exists() for path in context.text_files(part)
    )


def training_rules(
    context: Context, part: Part, held_out: HeldOut, scripts: Scripts, ratios: dict[str, float]
) -> Rules:
    """What is dropped from a training part."""
    filters = context.config.filters
    return Rules(
        normalization=normalization_of(context),
        min_chars=filters.min_chars,
        max_chars=filters.max_chars,
        length_ratio=filters.length_ratio,
        length_slack=filters.length_slack,
        usual_ratio=ratios[part.name],
        script_share=filters.script_share,
        scripts=(scripts[part.src], scripts[part.tgt]),
        copies=filters.copies,
        held_out=held_out,
    )


def normalization_of(context: Context) -> str:
    """The normalization after which a line is judged empty."""
    return rule_of(context.config.sentencepiece, context.folder)


def all_inputs(parts: list[Part], rules: dict[str, Rules], held_out: HeldOut) -> dict[str, Any]:
    """All that the filtered text of each part depends on."""
    return {part.name: inputs_of(part, rules[part.name], held_out) for part in parts}


def inputs_of(part: Part, rules: Rules, held_out: HeldOut) -> Any:
    """All that the filtered text of a part depends on, but for de-duplication."""
    files: list[Path] = [path for source in part.sources for path in source.files]
    settings = {**asdict(rules), "held_out": held_out.digest if rules.held_out else None}
    kinds = [[source.gaps, source.half, source.ragged] for source in part.sources]
    return [VERSION, settings, kinds, [[str(path), stamp(path)] for path in files]]
