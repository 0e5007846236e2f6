#!/usr/bin/env python3
"""Head masks x ways of training a parser, on languages that it was not trained on.

Runs the grid of a configuration (see examples/parsing/masks_grid.yaml): a parser of one language, on it one of
several languages whose heads are pruned, then every system of masks x training at equal updates, tested as it
is and with a few sentences. The rates of each system are those that are best on the development languages
with the first seed. Writes OUT/results.md and OUT/results.json. Running it again goes on where it was
interrupted.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hyperadapters.demos.demo import beside_python
from hyperadapters.demos.parsing_grid import LEARNT, Grid
from hyperadapters.demos.parsing_report import results, table
from hyperadapters.demos.parsing_study import Study
from hyperadapters.support.errors import UserError
from hyperadapters.support.files import write_json, write_text
from hyperadapters.training.jobs import Job, JobRunner


def run_study(study: Study, run: Callable[[Iterable[Job]], None]) -> list[dict[str, Any]]:
    """Runs what is not done yet and returns the results.

    Args:
        study: the jobs.
        run: runs jobs.
    """
    grid = study.grid
    run(job for seed in grid.seeds for job in study.starts(seed))
    if LEARNT in grid.masks:
        run(study.kept_masks(seed) for seed in grid.seeds)
    run(study.trials())
    systems = study.chosen()
    run(study.tests(systems))
    return results(study, systems)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("grid", help="the configuration (.yaml)")
    parser.add_argument("out", type=Path, help="folder for everything")
    parser.add_argument("--at-a-time", type=int, help="jobs at a time (default: one a GPU or core)")
    args = parser.parse_args()
    try:
        study, runner = Study(Grid.read(args.grid), args.out), JobRunner(args.at_a_time)
        rows = run_study(study, lambda jobs: runner.run(map(beside_python, jobs)))
    except UserError as error:
        parser.exit(2, f"error: {error}\n")
    write_json(args.out / "results.json", rows)
    write_text(args.out / "results.md", table(rows) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
