"""Evaluating checkpoints of the toy corpus."""

import pytest


@pytest.fixture
def evaluate(toy, tmp_path, run):
    """Evaluates on the toy corpus with small batches; returns the JSON or the line of error."""

    def call(checkpoint, *words, out=tmp_path / "out"):
        return run(
            "evaluate", "--checkpoint", checkpoint, "--data", toy / "bin", "--out", out, "--cpu",
            "--max-len-b", "12", "--max-tokens", "60", "--workers", "1", "--json", *words,
        )  # fmt: skip

    return call
