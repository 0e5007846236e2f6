"""LoRA of one direction or one cell in the layout of Hugging Face's peft, for a Hugging Face backbone."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from ...adapter_configuration import source_configs
from ...adapters import POINTS
from ...adapters.lora import Lora
from ...pretrained.huggingface import LAYER_NAMES
from ...sources import SourceConfig
from ...support.errors import UserError
from ...support.files import atomic_write, check_output, write_json
from ..checkpoint import Checkpoint
from ..selection import select_cells, select_directions, select_one

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
# the modules of BERT's layers by the names of fairseq's
BERT_NAMES = {ours: theirs for theirs, ours in LAYER_NAMES.items()}


def export_peft(checkpoint: str, name: str, out: str) -> dict[str, Any]:
    """Writes a folder that `peft.PeftModel.from_pretrained` puts onto the backbone: of a direction onto
    AutoModelForSeq2SeqLM (M2M-100, NLLB-200, mBART-50), of a cell onto AutoModel (BERT, RoBERTa, XLM-R).

    Args:
        checkpoint: a checkpoint with LoRA from any source.
        name: the direction or the cell.
        out: the folder.
    Returns:
        the content of adapter_config.json.
    Raises:
        UserError: if the adapters are others, or the folder cannot be written to.
    """
    trained = Checkpoint(checkpoint).require_adapters()
    is_cell = ":" in name
    pick, option = (select_cells, "--cell") if is_cell else (select_directions, "--direction")
    name = select_one(pick(trained, name), option)
    config = lora_config(trained)
    for file in (WEIGHTS, CONFIG):
        check_output(Path(out) / file, checkpoint)
    adapters = trained.adapter_set(name).tensors
    if is_cell and any(tensor_name.startswith("decoder.") for tensor_name in adapters):
        raise UserError(
            f"--peft: {name} has adapters of a decoder, which a Hugging Face encoder lacks"
        )
    modules = modules_of(adapters, config, is_cell)
    head = "base_model.model." if is_cell else "base_model.model.model."
    tensors = {
        f"{head}{module}.lora_{part.upper()}.weight": weight.float().contiguous()
        for module, weights in modules.items()
        for part, weight in weights.items()
    }
    settings = peft_settings(trained, config, {m: len(w["a"]) for m, w in modules.items()})
    with atomic_write(Path(out) / WEIGHTS) as temporary:
        temporary.write_bytes(save(tensors, {"format": "pt"}))
    write_json(Path(out) / CONFIG, settings)
    return settings


def lora_config(trained: Checkpoint) -> SourceConfig:
    """What the source of a checkpoint's LoRA knows.

    Raises:
        UserError: if it has other adapters.
    """
    configs = list(source_configs(trained.config).values())
    if len(configs) > 1 or not isinstance(configs[0].kind, Lora):
        kinds = ", ".join(source_configs(trained.config))
        raise UserError(
            f"--peft: {trained.path} has adapters of kind {kinds}: peft's layout is for lora alone"
        )
    return configs[0]


def modules_of(
    adapters: dict[str, Tensor], config: SourceConfig, is_bert: bool
) -> dict[str, dict[str, Tensor]]:
    """A and B of every module by the module's name in the Hugging Face model.

    Args:
        adapters: the tensors of an adapter set, `SIDE.NAME` [layers, *shape].
        config: what their source knows of kind and layers.
        is_bert: whether the model has the names of BERT, else those of M2M-100.
    """
    kind, modules = config.kind.trained_kind(), {}
    for side, sites in config.sites.items():
        for number, site in enumerate(sites):
            for point, names in kind.layout(config.layers[side]).items():
                module = POINTS.get(point).first
                if is_bert:
                    path = f"{side}.layer.{site.layer}.{BERT_NAMES[module]}"
                else:
                    path = f"{side}.layers.{site.layer}.{module}"
                modules[path] = {n: adapters[f"{side}.{flat}"][number] for n, flat in names.items()}
    return modules


def peft_settings(
    trained: Checkpoint, config: SourceConfig, ranks: dict[str, int]
) -> dict[str, Any]:
    """The content of adapter_config.json.

    Args:
        trained: the checkpoint.
        config: what the source of its LoRA knows.
        ranks: the rank by module.
    """
    options = config.kind.options
    return {
        "peft_type": "LORA",
        "base_model_name_or_path": trained.config.init_from,
        "r": options.rank,
        "lora_alpha": options.alpha,
        "rank_pattern": {m: rank for m, rank in ranks.items() if rank != options.rank},
        "alpha_pattern": {},
        "target_modules": sorted(ranks),
        "lora_dropout": options.dropout,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "modules_to_save": None,
    }


def summary(settings: dict[str, Any], out: str) -> str:
    """One line that says what was exported, and how to load it."""
    return (
        f"LoRA of {len(settings['target_modules'])} modules in {out}: "
        f"peft.PeftModel.from_pretrained(model, {json.dumps(out)})"
    )
