"""The Transformer with adapters from any source (`--arch adapter_transformer`)."""

from argparse import Namespace

from fairseq.dataclass.utils import gen_parser_from_dataclass
from fairseq.models import register_model, register_model_architecture
from fairseq.models.transformer import TransformerConfig, TransformerModel
from omegaconf import OmegaConf
from torch import Tensor

from ..adapter_configuration import attention_blocks, build_adapters
from ..backbone.decoder import AdapterTransformerDecoder
from ..backbone.encoder import AdapterTransformerEncoder
from ..checkpoints import task_metadata
from ..configuration import (
    PRESETS,
    AdapterTransformerConfig,
    AdapterTransformerOptions,
    defaults,
)
from ..support.errors import UserError
from ..support.languages import Languages
from .fitting import Fitting


@register_model("adapter_transformer", dataclass=AdapterTransformerConfig)
class AdapterTransformerModel(Fitting, TransformerModel):
    """A Transformer whose layers run with adapters that depend on a condition.

    Pre-norm and with shared embeddings unless --post-norm or --separate-embeddings say otherwise;
    every other option of the stock Transformer works as there. The adapter source lives in the
    encoder (`encoder.adapters`), which calls it once a batch.
    """

    @classmethod
    def add_args(cls, parser) -> None:
        """Adds the stock Transformer's options and ours; presets fill in what is not given."""
        gen_parser_from_dataclass(parser, AdapterTransformerOptions(), delete_default=True)

    @classmethod
    def build_model(cls, cfg, task):
        """Builds the model from a complete configuration (see `configuration.complete_config`).

        Raises:
            UserError: if the task's languages are not the model's.
        """
        options = OmegaConf.to_container(cfg) if OmegaConf.is_config(cfg) else vars(cfg)
        # an older checkpoint lacks options that are newer
        args = Namespace(**{**vars(defaults()), **options})
        if args.languages is None:
            raise UserError(
                "--arch adapter_transformer needs --task multilingual_adapter_translation, "
                "which tells it the languages"
            )
        languages = Languages(args.languages.split(","))
        if languages != getattr(task, "languages", languages):
            raise UserError(
                f"the model's languages are {args.languages}, the task's are "
                f"{','.join(task.languages)}: use the same --langs in the same order"
            )
        model = super().build_model(args, task)
        model.metadata, model.languages = task.state_dict(), languages
        model.encoder.adapters = build_adapters(args)
        return model

    @classmethod
    def build_encoder(cls, args, src_dict, embed_tokens):
        return AdapterTransformerEncoder(
            TransformerConfig.from_namespace(args),
            src_dict,
            embed_tokens,
            attention_blocks(args),
        )

    @classmethod
    def build_decoder(cls, args, tgt_dict, embed_tokens):
        cfg = TransformerConfig.from_namespace(args)
        return AdapterTransformerDecoder(
            cfg, tgt_dict, embed_tokens, cfg.no_cross_attention, attention_blocks(args)
        )

    def get_extra_state(self) -> Tensor:
        """What the task recorded of its data, as bytes [bytes]."""
        return task_metadata.to_tensor(self.metadata)

    def set_extra_state(self, state: Tensor) -> None:
        """Raises:
        UserError: if the weights were trained with other languages or another dictionary.
        """
        task_metadata.check_same_data(task_metadata.from_tensor(state), self.metadata)

    def forward(
        self,
        src_tokens: Tensor,
        src_lengths: Tensor,
        prev_output_tokens: Tensor,
        return_all_hiddens: bool = True,
        features_only: bool = False,
        alignment_layer: int | None = None,
        alignment_heads: int | None = None,
        **ids: Tensor,
    ):
        """One pass with teacher forcing.

        Args:
            src_tokens: source tokens [B, T].
            src_lengths: their lengths [B].
            prev_output_tokens: shifted target tokens [B, T'].
            return_all_hiddens, features_only, alignment_layer, alignment_heads: see the stock model.
            ids: ids of each sentence [B], as `src_lang_id`, see `sources.inputs`.
        Returns:
            output scores [B, T', V] and the stock decoder's extra outputs.
        """
        encoder_out = self.encoder(
            src_tokens,
            src_lengths=src_lengths,
            return_all_hiddens=return_all_hiddens,
            **ids,
        )
        return self.decoder(
            prev_output_tokens,
            encoder_out=encoder_out,
            features_only=features_only,
            alignment_layer=alignment_layer,
            alignment_heads=alignment_heads,
            src_lengths=src_lengths,
            return_all_hiddens=return_all_hiddens,
        )


for arch in PRESETS:
    if arch != "adapter_transformer":
        # the sizes are filled in by `configuration.complete_sizes`, for hydra as well
        register_model_architecture("adapter_transformer", arch)(lambda args: None)
