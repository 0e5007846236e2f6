"""One direction of a model as an ordinary fairseq Transformer that needs none of our code."""

import shlex
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ...adapter_configuration import source_configs
from ...configuration import STOCK_OPTIONS
from ...data.stock_options import stock_defaults
from ...options import kind_from
from ...support.errors import Problems
from ...support.files import check_output
from ...support.languages import split_direction
from ...training.freezing import is_backbone
from ..checkpoint import Checkpoint
from ..selection import select_directions, select_one
from ..task_metadata import FORMAT
from .baked_checkpoint import history, write
from .fold import fold

STOCK_TASK = "translation_multi_simple_epoch"
# What the stock task reads from other sections, and names no data.
NO_TRAINING = {
    "data": "", "lang_dict": None, "seed": 1, "train_subset": "train", "dataset_impl": None,
    "path": None,
}  # fmt: skip


def export_plain(checkpoint: str, direction: str, out: str) -> str:
    """Writes a checkpoint of fairseq's own Transformer that translates one direction.

    Args:
        checkpoint: a checkpoint with adapters of a kind that folds, from any source.
        direction: the direction, as `src-tgt`.
        out: the checkpoint to write.
    Returns:
        the command of stock fairseq that translates with it.
    Raises:
        UserError: if the adapters do not fold into a Transformer, the direction is unknown, or the
            file cannot be written.
    """
    trained = Checkpoint(checkpoint).require_adapters()
    pair = select_one(select_directions(trained, direction), "--direction")
    check_it_folds(trained)
    check_output(out, checkpoint)
    backbone = {
        name: tensor
        for name, tensor in trained.state["model"].items()
        if is_backbone(name) and name != "_extra_state"
    }
    (config,) = source_configs(trained.config).values()
    model = fold(backbone, trained.adapter_set(pair).tensors, config)
    settings = plain_settings(trained, pair, model)
    write(out, plain_state(trained.state, settings, model))
    return command_of(settings, out)


def check_it_folds(trained: Checkpoint) -> None:
    """Raises:
    UserError: with everything that keeps the adapters from folding into the backbone's weights.
    """
    cfg, problems = trained.config, Problems()
    reason = kind_from(cfg, cfg.adapter_kind).what_keeps_from_folding(cfg.activation_fn)
    if reason:
        problems.add(
            f"{trained.path} has adapters of kind {cfg.adapter_kind}: {reason}; leave out --plain, or "
            "bake the checkpoint"
        )
    if cfg.extra_adapters:
        problems.add(f"--extra-adapters {cfg.extra_adapters} do not fold into a plain Transformer")
    if getattr(cfg, "scale_fc", False):
        problems.add("a backbone trained with --scale-fc cannot take them up")
    problems.raise_if_any()


def plain_settings(trained: Checkpoint, pair: str, model: Mapping[str, Tensor]) -> dict[str, Any]:
    """The flat settings of the plain Transformer and of the stock task that it translates with.

    Args:
        trained: the checkpoint that it is made of.
        pair: its direction.
        model: its tensors.
    """
    src, tgt = split_direction(pair)
    cfg = vars(trained.config)
    metadata = trained.metadata
    stock_options = {name: cfg[name] for name in STOCK_OPTIONS if name in cfg}
    wider = {
        f"{side}_ffn_embed_dim": model[f"{side}.layers.0.fc1.weight"].size(0)
        for side in ("encoder", "decoder")
    }
    task = {
        **stock_defaults(),
        **metadata["format"],
        **NO_TRAINING,
        "source_lang": src,
        "target_lang": tgt,
        "lang_pairs": [pair],
        "langs": list(metadata["languages"]),
    }
    arch = {"arch": "transformer", "encoder_embed_path": None, "decoder_embed_path": None}
    return {**task, **stock_options, **wider, **arch, "task": STOCK_TASK}


def plain_state(
    base: Mapping[str, Any], settings: Mapping[str, Any], model: Mapping[str, Tensor]
) -> dict[str, Any]:
    """What the checkpoint of a plain Transformer holds.

    Its model section is a mapping, as fairseq reads it, that also has its entries as attributes, as
    CTranslate2 reads it, of the one class that does both and loads with `weights_only=True`.

    Args:
        base: state of the checkpoint that it is made of.
        settings: see `plain_settings`.
        model: its tensors.
    """
    section = OrderedDict(settings)
    section.__dict__.update(settings)
    task = {**settings, "_name": STOCK_TASK}
    return {
        "args": None,
        "cfg": {"_name": None, "model": section, "task": task},
        "model": dict(model),
        "optimizer_history": [{**history(base), "lr_scheduler_state": {}}],
        "extra_state": {"train_iterator": None},
    }


def command_of(settings: Mapping[str, Any], path: str) -> str:
    """The stock fairseq-generate command that translates with a plain Transformer."""
    words = [
        "fairseq-generate", "DATA", "--path", path, "--task", STOCK_TASK,
        "-s", settings["source_lang"], "-t", settings["target_lang"],
        "--lang-pairs", settings["lang_pairs"][0], "--langs", ",".join(settings["langs"]),
        # without it, stock fairseq leaves out a last batch whose size is no multiple of 8
        "--required-batch-size-multiple", "1",
    ]  # fmt: skip
    defaults = stock_defaults()
    # which the task derives from the options of language tokens, if it is not given
    decoder_token = "tgt" if settings["decoder_langtok"] else None
    derived = {"main": (settings["encoder_langtok"], decoder_token)}
    for name in FORMAT:
        value = settings[name]
        if value not in (defaults[name], [defaults[name]], derived):
            words += option(name, value)
    return shlex.join(words)


def option(name: str, value: Any) -> list[str]:
    """An option of the stock task as words of its command line."""
    words = ["--" + name.replace("_", "-")]
    if value is True:
        return words
    if isinstance(value, list):
        return words + [",".join(value)]
    return words + [str(value)]
