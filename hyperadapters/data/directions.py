"""Loading of the binarised data of many directions."""

from typing import Any

from fairseq import utils
from fairseq.data import Dictionary, SampledMultiDataset
from fairseq.data.multilingual.multilingual_data_manager import MultilingualDatasetManager
from fairseq.data.multilingual.multilingual_utils import augment_dictionary

from ..support.errors import Problems, UserError
from ..support.languages import Languages
from .batching import one_direction_a_batch
from .tagged_pairs import TaggedPairs


class DirectionsManager(MultilingualDatasetManager):
    """fairseq's manager of multilingual datasets, with sentences that carry their language ids.

    Args:
        args: the task's settings.
        lang_pairs: the directions to load, as `src-tgt`.
        languages: the language table.
        dicts: dictionaries by language.
        sampling_method: fairseq's sampling method.
    """

    def __init__(self, args, lang_pairs, languages: Languages, dicts, sampling_method) -> None:
        super().__init__(args, lang_pairs, list(languages), dicts, sampling_method)
        self.languages = languages

    @classmethod
    def load_all_dictionaries(cls, args, language_list, load_dictionary, training):
        """As the stock manager's; a language with the token of another has none of its own."""

        def load(path):
            dictionary = Dictionary.load(path)
            augment_dictionary(
                dictionary, [code for code in language_list if code not in args.token_of],
                args.lang_tok_style, args.langtoks_specs, args.extra_data,
            )  # fmt: skip
            return dictionary

        return super().load_all_dictionaries(args, language_list, load, training)

    def get_encoder_langtok(self, src_lang, tgt_lang, spec=None):
        src, tgt = map(self.language_of_token, (src_lang, tgt_lang))
        return super().get_encoder_langtok(src, tgt, spec)

    def get_decoder_langtok(self, tgt_lang, spec=None):
        return super().get_decoder_langtok(self.language_of_token(tgt_lang), spec)

    def language_of_token(self, code: str | None) -> str | None:
        """The language whose token a language has, usually itself."""
        other = self.args.token_of.get(code, code)
        if other != code and code in self.dicts:  # one dictionary serves all
            self.dicts.setdefault(other, self.dicts[code])
        return other

    def tag(self, dataset, src: str, tgt: str) -> TaggedPairs:
        """`dataset` with its items marked as being of the direction `src`-`tgt`."""
        return TaggedPairs(dataset, self.languages.id(src), self.languages.id(tgt), f"{src}-{tgt}")

    def load_direction(self, split: str, src: str, tgt: str) -> TaggedPairs:
        """The sentences of one direction; the pair's one binarised copy serves both."""
        return self.load_a_dataset(
            split=split,
            data_path=utils.split_paths(self.args.data)[0],
            src=src,
            src_dict=self.get_source_dictionary(src),
            tgt=tgt,
            tgt_dict=self.get_target_dictionary(tgt),
            combine=False,
            data_category="main",
            langtok_spec=self.args.langtoks["main"],
        )

    def load_a_dataset(self, split, data_path, src, src_dict, tgt, tgt_dict, **options: Any):
        try:
            dataset = super().load_a_dataset(
                split=split,
                data_path=data_path,
                src=src,
                src_dict=src_dict,
                tgt=tgt,
                tgt_dict=tgt_dict,
                **options,
            )
        except AssertionError as error:
            raise UserError(
                f"{split} data of {src}-{tgt} in {data_path} are unusable ({error}): "
                "binarise both sides again from line-aligned text"
            ) from error
        if len(dataset) == 0:
            raise UserError(
                f"{split} data of {src}-{tgt} in {data_path} are empty: leave the pair out or add text"
            )
        return self.tag(dataset, src or tgt, tgt)

    def get_split_data_param_list(self, split, epoch, shard_epoch=None) -> list[Any]:
        self.check_files(split)
        return super().get_split_data_param_list(split, epoch, shard_epoch)

    def check_files(self, split: str) -> None:
        """Raises:
        UserError: naming every pair that has no binarised files for `split`.
        """
        problems = Problems()
        folders = utils.split_paths(self.args.data)
        for pair in self.lang_pairs:
            src, tgt = pair.split("-")
            if not any(self.has_files(split, src, tgt, folder) for folder in folders):
                problems.add(
                    f"no {split} files for {pair} in {self.args.data} "
                    f"({split}.{src}-{tgt}.{src}.bin and .{tgt}.bin, or the same of {tgt}-{src}): "
                    "binarise them with fairseq-preprocess"
                    + (
                        ""
                        if self.args.source_lang is None
                        else ", or translate text with fairseq-interactive"
                    )
                )
        problems.raise_if_any()

    def has_files(self, split: str, src: str, tgt: str, folder: str) -> bool:
        """Whether both sides of a pair are binarised in `folder`, in either order of the pair."""
        return any(
            all(
                self.split_exists(split, *order, lang, folder, self.args.dataset_impl)
                for lang in (src, tgt)
            )
            for order in ((src, tgt), (tgt, src))
        )

    def load_sampled_multi_dataset(self, *args: Any, **kwargs: Any):
        return self.batched(super().load_sampled_multi_dataset(*args, **kwargs))

    def load_sampled_multi_epoch_dataset(self, *args: Any, **kwargs: Any):
        return self.batched(super().load_sampled_multi_epoch_dataset(*args, **kwargs))

    def batched(self, dataset):
        """`dataset` set to batch as the user wishes."""
        if self.args.one_direction_a_batch and isinstance(dataset, SampledMultiDataset):
            return one_direction_a_batch(dataset)
        return dataset
