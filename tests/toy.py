"""The toy corpus and the fairseq commands on it, run in this process."""

import contextlib
import io
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LANGUAGES = ("de", "en", "fr")
DIRECTIONS = "en-de,de-en,en-fr,fr-en"
USER_DIR = Path(__file__).resolve().parent.parent / "hyperadapters"


def write_text(folder: Path, languages: Sequence[str]) -> None:
    """Rows of numbers; each language prefixes its code, French turns the order around."""
    draw = random.Random(0)
    words = set()
    for split, size in (("train", 200), ("valid", 20), ("test", 21)):
        rows = [[draw.randrange(12) for _ in range(draw.randint(2, 7))] for _ in range(size)]
        for lang in languages:
            lines = [[f"{lang}{n}" for n in (row[::-1] if lang == "fr" else row)] for row in rows]
            words.update(word for line in lines for word in line)
            text = "".join(" ".join(line) + "\n" for line in lines)
            (folder / f"{split}.{lang}").write_text(text)
    (folder / "dict.txt").write_text("".join(f"{word} 1\n" for word in sorted(words)))


def binarise(folder: Path, pairs: Sequence[str]) -> None:
    """fairseq-preprocess; the last pair, which no test trains, gets test data only."""
    from fairseq import options
    from fairseq_cli import preprocess

    for pair in pairs:
        src, tgt = pair.split("-")
        prefixes = ["--testpref", str(folder / "test")]
        if pair != pairs[-1]:
            prefixes += ["--trainpref", str(folder / "train"), "--validpref", str(folder / "valid")]
        dictionary = str(folder / "dict.txt")
        args = ["-s", src, "-t", tgt, *prefixes, "--destdir", str(folder / "bin")]
        args += ["--srcdict", dictionary, "--tgtdict", dictionary]
        preprocess.main(options.get_preprocessing_parser().parse_args(args))


def train_arguments(toy: Path, save: Path, *extra: str) -> list[str]:
    """The words of a short fairseq-train command."""
    return [
        str(toy / "bin"), "--user-dir", str(USER_DIR),
        "--task", "multilingual_adapter_translation", "--lang-pairs", DIRECTIONS,
        "--encoder-langtok", "tgt", "--arch", "adapter_transformer_tiny",
        "--encoder-embed-dim", "16", "--encoder-ffn-embed-dim", "16",
        "--adapter-bottleneck", "4", "--hyper-hidden", "6", "--hyper-lang-dim", "4",
        "--hyper-layer-dim", "3", "--criterion", "label_smoothed_cross_entropy",
        "--optimizer", "adam", "--lr", "0.01", "--max-tokens", "300", "--max-update", "8",
        "--num-workers", "0", "--cpu", "--save-dir", str(save), "--no-epoch-checkpoints",
        "--log-format", "json", "--log-interval", "1", *extra,
    ]  # fmt: skip


def loaded_task(toy: Path, save: Path, *extra: str):
    """The task of a short fairseq-train command, with its data."""
    from fairseq import options, tasks
    from fairseq.dataclass.utils import convert_namespace_to_omegaconf

    args = options.parse_args_and_arch(
        options.get_training_parser(), train_arguments(toy, save, *extra)
    )
    task = tasks.setup_task(convert_namespace_to_omegaconf(args).task)
    for split in ("train", "valid"):
        task.load_dataset(split)
    return task


def train(toy: Path, save: Path, *extra: str) -> Path:
    """fairseq-train in this process; returns its last checkpoint."""
    from fairseq_cli import train as command

    run_in_process(command.cli_main, "fairseq-train", train_arguments(toy, save, *extra))
    return save / "checkpoint_last.pt"


def train_stock(toy: Path, save: Path, *extra: str) -> Path:
    """A stock Transformer, trained by the stock task; returns its last checkpoint."""
    from fairseq_cli import train as command

    words = train_arguments(toy, save, *extra)
    words[words.index("multilingual_adapter_translation")] = "translation_multi_simple_epoch"
    words[words.index("adapter_transformer_tiny")] = "transformer_tiny"
    for option in (
        "--adapter-bottleneck",
        "--hyper-hidden",
        "--hyper-lang-dim",
        "--hyper-layer-dim",
    ):
        position = words.index(option)
        del words[position : position + 2]
    run_in_process(command.cli_main, "fairseq-train", words)
    return save / "checkpoint_last.pt"


def generate(toy: Path, checkpoint: Path, src: str, tgt: str, *extra: str) -> dict[int, str]:
    """fairseq-generate in this process; returns the hypothesis of each test sentence."""
    return hypotheses(generate_output(toy, checkpoint, src, tgt, *extra))


def generate_output(toy: Path, checkpoint: Path, src: str, tgt: str, *extra: str) -> str:
    """fairseq-generate in this process; returns what it prints."""
    from fairseq_cli import generate as command

    words = [
        str(toy / "bin"), "--user-dir", str(USER_DIR), "--task", "multilingual_adapter_translation",
        "--path", str(checkpoint), "-s", src, "-t", tgt, "--beam", "5", "--cpu",
        "--num-workers", "0", "--max-len-b", "12", *extra,
    ]  # fmt: skip
    return run_in_process(command.cli_main, "fairseq-generate", words)


def hypotheses(output: str, pattern: str = r"^H-(\d+)\t\S+\t(.*)$") -> dict[int, str]:
    """The hypotheses in the output of fairseq-generate or fairseq-interactive, by sentence."""
    return {int(number): text for number, text in re.findall(pattern, output, re.M)}


def scores(output: str) -> dict[int, str]:
    """The scores that fairseq-generate prints, as printed, by sentence."""
    return hypotheses(output, r"^H-(\d+)\t(\S+)\t.*$")


def run_in_process(main, name: str, words: list[str], stdin: str = "") -> str:
    """Calls a fairseq command's entry point; returns what it prints."""
    from fairseq import checkpoint_utils

    vars(checkpoint_utils.save_checkpoint).pop("best", None)  # that of the process's last training
    previous = sys.argv, sys.stdin
    sys.argv, sys.stdin = [name, *words], io.StringIO(stdin)
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            main()
    finally:
        sys.argv, sys.stdin = previous
    return output.getvalue()


def command(name: str, *words: str) -> subprocess.CompletedProcess:
    """Runs an installed command as a user would."""
    path = Path(sys.executable).parent / name
    return subprocess.run([str(path), *words], capture_output=True, text=True, timeout=240)
