"""An encoder with adapters from any source and a head for each task (`--arch hyperx_encoder`)."""

import json
from argparse import Namespace
from collections.abc import Collection, Mapping
from typing import Any

from fairseq.dataclass.utils import gen_parser_from_dataclass
from fairseq.models import BaseFairseqModel, register_model, register_model_architecture
from fairseq.models.transformer import TransformerConfig, TransformerModel
from omegaconf import OmegaConf
from torch import Tensor, nn

from ..adapter_configuration import attention_blocks, build_adapters
from ..backbone.decoder import AdapterTransformerDecoder
from ..backbone.encoder import AdapterTransformerEncoder
from ..checkpoints.cells_metadata import check_same_data
from ..checkpoints.task_metadata import from_tensor, to_tensor
from ..configuration import defaults
from ..multitask.all_tasks import TASKS, decoder_task
from ..multitask.configuration import PRESETS, HyperXEncoderConfig, HyperXOptions
from ..sources import Condition, ParameterSet
from ..support.errors import UserError
from .fitting import Fitting


class TasksEncoder(AdapterTransformerEncoder):
    """The encoder, which makes a decoder's adapters only for the sentences that the decoder serves.

    Args:
        decoder_task: id of the task whose head is the decoder; None if there is none.
    """

    def __init__(
        self, cfg, dictionary, embed_tokens, blocks: Collection[str], decoder_task: int | None
    ) -> None:
        super().__init__(cfg, dictionary, embed_tokens, blocks)
        self.decoder_task = decoder_task

    def conditions(self, ids, inputs, src_tokens) -> dict[str, Condition]:
        conditions = {"encoder": Condition.from_ids(ids, inputs["encoder"], like=src_tokens)}
        if self.decoder_task is not None:
            rows = ids["task"] == self.decoder_task  # [B]
            if rows.any():
                translated = {name: column[rows] for name, column in ids.items()}
                conditions["decoder"] = Condition.from_ids(
                    translated, inputs["decoder"], like=src_tokens[rows]
                )
        return conditions


@register_model("hyperx_encoder", dataclass=HyperXEncoderConfig)
class HyperXEncoderModel(Fitting, BaseFairseqModel):
    """Hyper-X (Üstün et al. 2022) and its baselines: adapters of every encoder layer depend on the
    task and the language of a sentence; a task may add a decoder with adapters of its own.

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
        options = OmegaConf.to_container(cfg) if OmegaConf.is_config(cfg) else vars(cfg)
        # an older checkpoint lacks options that are newer
        args = Namespace(**{**vars(defaults(HyperXEncoderConfig)), **options})
        if getattr(args, "tasks", None) is None:
            raise UserError("--arch hyperx_encoder needs --task hyperx, which tells it the cells")
        tasks = args.tasks.split(",")
        with_decoder = decoder_task(tasks)
        embeddings = TransformerModel.build_embedding(
            args, task.source_dictionary, args.encoder_embed_dim
        )
        model = cls(
            TasksEncoder(
                TransformerConfig.from_namespace(args), task.source_dictionary, embeddings,
                attention_blocks(args), tasks.index(with_decoder) if with_decoder else None,
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
        """The decoder, which is the head of one task.

        Raises:
            AttributeError: if no task has one.
        """
        task = decoder_task(self.heads)
        if task is None:
            raise AttributeError("none of the model's tasks has a decoder")
        return self.heads[task]

    def build_decoder(self, args: Namespace) -> AdapterTransformerDecoder:
        """Builds the decoder, with the encoder's embeddings and adapters of its own.

        Args:
            args: a complete model configuration.
        """
        return AdapterTransformerDecoder(
            TransformerConfig.from_namespace(args), self.encoder.dictionary,
            self.encoder.embed_tokens, attention_blocks=self.encoder.attention_blocks,
        )  # fmt: skip

    def conditional_parameters(self) -> list[ParameterSet]:
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
        head_inputs: Mapping[str, Mapping[str, Tensor]] | None = None,
        **ids: Tensor,
    ) -> dict[str, Any]:
        """Encodes once and lets every head predict for its sentences.

        Args:
            src_tokens: source tokens [B, T].
            src_lengths: their lengths [B].
            head_inputs: by task, what its head needs (see `Task.collate`).
            ids: ids of each sentence [B], as `task_id`, see `sources.inputs`; source and target
                language of a sentence that is not translated are its own.
        Returns:
            by task, the output of its head (see `Task.forward`).
        """
        encoder_out = self.encoder(
            src_tokens,
            src_lengths,
            return_all_hiddens=any(TASKS.get(task).uses_all_layers for task in head_inputs or ()),
            **ids,
        )
        return {
            task: TASKS.get(task).forward(self.heads[task], encoder_out, inputs)
            for task, inputs in (head_inputs or {}).items()
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
