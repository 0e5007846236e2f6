"""From a configuration to the files of every pair."""

from itertools import combinations
from pathlib import Path
from typing import Any

from ..support.errors import Problems, UserError, did_you_mean
from ..support.languages import Languages, check_code, codes_of, split_direction
from .config import Bitext, Config, MultiParallel
from .corpora import SPLITS, Corpora, CorpusFile, Part, Source
from .patterns import of_language, sources_of

DRAW = "from_train"


def expand_config(config: Config, folder: Path) -> Corpora:
    """Expands a configuration.

    Args:
        config: the configuration.
        folder: where relative paths start.
    Raises:
        UserError: with everything that does not fit together.
    """
    problems = Problems()
    corpora = Corpora(languages_of(config))
    builder = Builder(config, folder, corpora, problems)
    for number, bitext in enumerate(config.bitext):
        builder.add_bitext(bitext, f"bitext[{number}]")
    for split in SPLITS:
        builder.add_multiparallel(split)
    corpora.extra_held_out = [folder / file for file in config.filters.held_out]
    for code in config.filters.scripts:
        try:
            Languages(corpora.languages).id(code)
        except UserError as error:
            problems.add(f"filters.scripts: {error}")
    for part in corpora.of("valid", "test"):
        if part.drawn and not corpora.train_part(part):
            problems.add(f"{part.split} of {part.pair}: there are no training files to draw from")
    if not problems.messages and not corpora.of("train"):
        problems.add("no pair has training files")
    problems.raise_if_any()
    return corpora


def languages_of(config: Config) -> list[str]:
    """All languages, in the order of their ids.

    Raises:
        UserError: for an unusable code, or one that a corpus names and `languages` does not.
    """
    codes = [code for corpus in config.multiparallel for code in corpus.languages]
    codes += codes_of(bitext.pair for bitext in config.bitext)
    languages = Languages(config.languages or sorted(set(map(check_code, codes))))
    for code in codes:
        languages.id(code)
    if config.english is not None:
        languages.id(config.english)
    return list(languages)


class Builder:
    """Fills `corpora`; what does not fit is added to `problems`."""

    def __init__(self, config: Config, folder: Path, corpora: Corpora, problems: Problems) -> None:
        self.config, self.folder, self.corpora, self.problems = config, folder, corpora, problems

    def add_bitext(self, bitext: Bitext, where: str) -> None:
        """Adds the files of a language pair."""
        src, tgt = split_direction(bitext.pair)
        if src == tgt:
            self.problems.add(f"{where}: '{bitext.pair}' is one language twice")
        for split in SPLITS:
            for entry in as_list(getattr(bitext, split)):
                part = Part(split, src, tgt)
                if isinstance(entry, dict) and list(entry) == [DRAW] and split != "train":
                    self.draw(part, entry[DRAW], f"{where}.{split}")
                    continue
                try:
                    sources = sources_of(entry, src, tgt, self.folder)
                except UserError as error:
                    self.problems.add(f"{where}.{split}: {error}")
                    continue
                self.add(part, sources)
                for source in sources:
                    group = zip(source.files, (src, tgt))
                    self.corpora.groups.append(
                        [CorpusFile(f, code, split, False) for f, code in group]
                    )

    def draw(self, part: Part, number: Any, where: str) -> None:
        """Adds a held-out set that is to be taken out of the training files."""
        if not isinstance(number, int) or number < 1:
            self.problems.add(f"{where}.{DRAW} is '{number}': give a number of sentence pairs")
        elif part.name in self.corpora.parts:
            self.problems.add(f"{where}: give either files or {DRAW}, once")
        else:
            self.corpora.parts[part.name] = Part(part.split, part.src, part.tgt, drawn=number)

    def add(self, part: Part, sources: list[Source]) -> None:
        """Adds files to a pair's split.

        Files of both orders of a pair belong together, but for those of valid and test sets of
        bitexts, which may be one for each direction, as fairseq looks for `test.src-tgt` first.
        """
        both_orders = part.split == "train" or any(source.gaps for source in sources)
        before = self.corpora.parts.get(part.name)
        if before is None and both_orders and part.turned in self.corpora.parts:
            before = self.corpora.parts[part.turned]
            sources = [source.turned for source in sources]
        before = before or part
        if before.drawn:
            self.problems.add(f"{before.split} of {before.pair}: give either files or {DRAW}")
        self.corpora.parts[before.name] = Part(
            before.split, before.src, before.tgt, (*before.sources, *sources)
        )

    def add_multiparallel(self, split: str) -> None:
        """Adds the chosen pairs of all multi-parallel corpora."""
        tables = [
            (table, corpus.ragged)
            for number, corpus in enumerate(self.config.multiparallel)
            for table in self.files_of(corpus, split, f"multiparallel[{number}].{split}")
        ]
        for part in self.chosen(split) if tables else ():
            sources = [
                Source((table[part.src], table[part.tgt]), gaps=True, ragged=ragged)
                for table, ragged in tables
                if part.src in table and part.tgt in table
            ]
            if sources:
                self.add(part, sources)
            elif isinstance(self.choice(split), list) and not self.has(part):
                self.problems.add(f"pairs.{split}: no corpus has {split} files of {part.pair}")

    def has(self, part: Part) -> bool:
        """Whether there are files of a pair's split in either order."""
        return part.name in self.corpora.parts or part.turned in self.corpora.parts

    def files_of(self, corpus: MultiParallel, split: str, where: str) -> list[dict[str, Path]]:
        """The files of a multi-parallel corpus, by language, one table a pattern."""
        codes = corpus.languages or self.corpora.languages
        tables = []
        for pattern in as_list(getattr(corpus, split)):
            table = {code: of_language(str(pattern), code, self.folder) for code in codes}
            if len(set(table.values())) < len(table):
                self.problems.add(
                    f"{where}: '{pattern}' needs {{lang}}, or {{base}} if that tells them apart"
                )
                continue
            tables.append(table)
            self.corpora.groups.append(
                [CorpusFile(path, code, split, True, corpus.ragged) for code, path in table.items()]
            )
        return tables

    def choice(self, split: str) -> Any:
        """What `pairs` says of a split."""
        return getattr(self.config.pairs, split) or self.config.pairs.train

    def chosen(self, split: str) -> list[Part]:
        """The pairs that `pairs` chooses for a split."""
        choice, languages, english = self.choice(split), self.corpora.languages, self.config.english
        if choice == "all":
            return [Part(split, src, tgt) for src, tgt in combinations(languages, 2)]
        if choice == "english-centric":
            if english is None:
                self.problems.add("english-centric pairs need 'english: CODE'")
            return [Part(split, english, code) for code in languages if english not in (None, code)]
        if not isinstance(choice, list):
            hint = did_you_mean(str(choice), ("all", "english-centric"))
            self.problems.add(f"pairs.{split} is '{choice}': {hint}, or a list of pairs")
            return []
        return [
            Part(split, *split_direction(pair))
            for pair in map(str, choice)
            if self.is_pair(pair, f"pairs.{split}")
        ]

    def is_pair(self, pair: str, where: str) -> bool:
        """Whether a pair names two different known languages."""
        try:
            src, tgt = Languages(self.corpora.languages).direction(pair)
            if src == tgt:
                raise UserError(f"'{pair}' is one language twice")
        except UserError as error:
            self.problems.add(f"{where}: {error}")
            return False
        return True


def as_list(value: Any) -> list[Any]:
    """A value that may be missing, single or a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
