#!/usr/bin/env python3
"""Table of validation losses by system and learning rate, from OUT/SYSTEM/RATE/SEED.log."""

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

from tabulate import tabulate

from hyperadapters.support.files import write_json, write_text
from hyperadapters.training.log import in_file


def read(folder: Path) -> dict[str, dict[str, list[float]]]:
    """The last validation loss of each seed, of translation in bits a piece, by system and learning rate."""
    losses: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for log in sorted(folder.glob("*/*/*.log")):
        system, rate, _ = log.relative_to(folder).parts
        validations = in_file(log, "valid")
        if validations:  # evaluations have logs too
            last = validations[-1]
            # of translation without the smoothing of labels
            name = "valid_nll_loss" if "valid_nll_loss" in last else "valid_loss"
            losses[system][rate].append(float(last[name]))
    return losses


def cell(values: list[float]) -> str:
    """Mean and standard deviation over seeds."""
    if not values:
        return "-"
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUT")
    folder = parser.parse_args().folder
    losses = read(folder)
    rates = sorted({rate for row in losses.values() for rate in row}, key=float)
    rows = [[system, *(cell(row[rate]) for rate in rates)] for system, row in losses.items()]
    table = tabulate(rows, ["system", *rates], "github", disable_numparse=True) + "\n"
    write_text(folder / "learning_rates.md", table)
    write_json(folder / "learning_rates.json", losses)
    print(table)
