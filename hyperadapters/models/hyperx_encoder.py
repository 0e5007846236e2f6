"""An encoder with adapters from any source and a head for each task (`--arch hyperx_encoder`)."""

import json
from argparse import Namespace
from typing import Dict, List, Mapping, Optional

from fairseq.dataclass.utils import gen_parser_from_dataclass
from fairseq.models import BaseFairseqModel, register_model, register_model_architecture
from fairseq.models.transformer import TransformerConfig, TransformerModel
from omegaconf import OmegaConf
from torch import Tensor, nn

from ..backbone.encoder import AdapterTransformerEncoder
from ..checkpoints.cells_metadata import check_same_data
from ..checkpoints.task_metadata import from_tensor, to_tensor
from ..configuration import build_adapters, defaults, has_attention_points
from ..errors import UserError
from ..multitask.configuration import PRESETS, HyperXEncoderConfig, HyperXOptions
from ..multitask.known import TASKS
from ..sources import Condition, ParameterSet
from .fitting import Fitting


class TasksEncoder(AdapterTransformerEncoder):
    """The encoder, which makes a decoder's adapters for sentences that are translated only.

    Args:
        translation: id of the task of translation; None if there is no decoder.
    """

    def __init__(
        self, cfg, dictionary, embed_tokens, has_attention_points: bool, translation: Optional[int]
    ) -> None:
        super().__init__(cfg, dictionary, embed_tokens, has_attention_points)
        self.translation = translation

    def conditions(self, ids, inputs, src_tokens) -> Dict[str, Condition]:
        conditions = {"encoder": Condition.from_ids(ids, inputs["encoder"], like=src_tokens)}
        if self.translation is not None:
            rows = ids["task"] == self.translation  # [B]
            if rows.any():
                translated = {name: column[rows] for name, column in ids.items()}
                conditions["decoder"] = Condition.from_ids(
                    translated, inputs["decoder"], like=src_tokens[rows]
                )
        return conditions


@register_model("hyperx_encoder", dataclass=HyperXEncoderConfig)
class HyperXEncoderModel(Fitting, BaseFairseqModel):
    """Hyper-X (Üstün et al. 2022) and its baselines: adapters of every encoder layer depend on the
    task and the language of a sentence; translation adds a decoder with adapters of its own.

    Args:
        encoder: the encoder, whose `adapters` are the adapter source.
    """

    def __init__(self, encoder: TasksEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict()

    @classmethod
    def add_args(cls, parser) -> None:
        """Adds the stock Transformer's options and ours; presets fill in what is not given."""
        gen_parser_from_dataclass(parser, HyperXOptions(), delete_default=True)

    @classmethod
    def build_model(cls, cfg, task):
        """Builds the model from a complete configuration (see `multitask.configuration`).

        Raises:
            UserError: if the task is another than `hyperx`.
        """
        given = OmegaConf.to_container(cfg) if OmegaConf.is_config(cfg) else vars(cfg)
        # an older checkpoint lacks options that are newer
        args = Namespace(**{**vars(defaults(HyperXEncoderConfig)), **given})
        if getattr(args, "tasks", None) is None:
            raise UserError("--arch hyperx_encoder needs --task hyperx, which tells it the cells")
        tasks = args.tasks.split(",")
        embeddings = TransformerModel.build_embedding(
            args, task.source_dictionary, args.encoder_embed_dim
        )
        model = cls(
            TasksEncoder(
                TransformerConfig.from_namespace(args), task.source_dictionary, embeddings,
                has_attention_points(args),
                tasks.index("translation") if "translation" in tasks else None,
            )
        )  # fmt: skip
        labels = json.loads(args.labels)
        for name in tasks:
            model.heads[name] = TASKS.get(name).head(args, model, labels.get(name, []))
        set_layer_norm_eps(model, args.layer_norm_eps)
        model.encoder.adapters = build_adapters(args)
        model.metadata = task.state_dict()
        return model

    @property
    def decoder(self) -> nn.Module:
        """The decoder, which is the head of translation.

        Raises:
            AttributeError: if translation is none of the tasks.
        """
        if "translation" not in self.heads:
            raise AttributeError("this model does not translate")
        return self.heads["translation"]

    def conditional_parameters(self) -> List[ParameterSet]:
        """The heads' own parameters: a batch may have no sentence of a task."""
        common = set(self.encoder.parameters())
        heads = self.heads.values() if len(self.heads) > 1 else []
        return [[p for p in head.parameters() if p not in common] for head in heads]

    def max_positions(self):
        """Most pieces of a source, and of a target."""
        limit = self.encoder.max_positions()
        return (limit, self.decoder.max_positions() if hasattr(self, "decoder") else limit)

    def max_decoder_positions(self) -> int:
        """Most pieces of a translation, see `decoder`."""
        return self.decoder.max_positions()

    def get_extra_state(self) -> Tensor:
        """What the task recorded of its data, as bytes [bytes]."""
        return to_tensor(self.metadata)

    def set_extra_state(self, state: Tensor) -> None:
        """Raises:
        UserError: if the weights were trained with other tables, dictionary or input format.
        """
        check_same_data(from_tensor(state), self.metadata)

    def forward(
        self,
        src_tokens: Tensor,
        src_lengths: Tensor,
        parts: Mapping[str, Mapping[str, Tensor]] | None = None,
        **ids: Tensor,
    ) -> Dict[str, Tensor]:
        """Encodes once and lets every head predict for its sentences.

        Args:
            src_tokens: source tokens [B, T].
            src_lengths: their lengths [B].
            parts: by task, what its head needs (see `multitask.task.Task.collate`).
            ids: ids of each sentence [B], as `task_id`, see `sources.inputs`; source and target
                language of a sentence that is not translated are its own.
        Returns:
            by task the scores of its predictions [N, classes].
        """
        encoder_out = self.encoder(src_tokens, src_lengths, **ids)
        return {
            task: TASKS.get(task).predict(self.heads[task], encoder_out, inputs)
            for task, inputs in (parts or {}).items()
        }


def set_layer_norm_eps(model: nn.Module, eps: float) -> None:
    """Sets the epsilon of all LayerNorms, for which fairseq's layers have no option."""
    for module in model.modules():
        if type(module).__name__.endswith("LayerNorm"):  # torch's, or apex's if it is installed
            module.eps = eps


for arch in PRESETS:
    if arch != "hyperx_encoder":
        # the sizes are filled in by `multitask.configuration.complete_sizes`, for hydra as well
        register_model_architecture("hyperx_encoder", arch)(lambda args: None)
