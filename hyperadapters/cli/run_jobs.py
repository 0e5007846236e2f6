"""Run commands such as trainings unless they are done, several at a time.

FILE has a job a line: settings, then the command, quoted as for a shell. For example

    name=backbone log=backbone.log marker=backbone/done fairseq-train data --save-dir backbone ...
    name=hyper after=backbone log=hyper.log marker=hyper/done fairseq-train data --init-from ...

after: jobs that must be done first, with commas; log: where the output goes (default: NAME.log); marker: a file
that is written when the job is done, and with which it is not run again (other settings are an error then,
unless any_settings=yes). Interrupted trainings resume from their last checkpoint when it is run again.
"""

import shlex
import sys
from argparse import ArgumentParser, Namespace
from functools import partial


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("file", metavar="FILE", help="the jobs; - for standard input")
    slots = parser.add_mutually_exclusive_group()
    slots.add_argument(
        "--at-a-time",
        type=int,
        metavar="N",
        help="jobs at a time (default: one on each GPU, or on each core if there is no GPU)",
    )
    slots.add_argument("--gpus", metavar="N,N", help="run on these GPUs, one job on each at a time")
    add("--keep-going", action="store_true", help="go on with the other jobs when one fails")
    add("--print", action="store_true", help="print the commands and run nothing")


def run(args: Namespace) -> None:
    """Runs or prints the jobs."""
    from ..support.errors import UserError
    from ..training.job_list import read_jobs
    from ..training.jobs import JobRunner

    if args.at_a_time is not None and args.at_a_time < 1:
        raise UserError(f"--at-a-time {args.at_a_time}: give 1 or more")
    if args.file == "-":
        jobs = read_jobs(sys.stdin)
    else:
        with open(args.file, encoding="utf-8") as lines:
            jobs = read_jobs(lines)
    if args.print:
        for job in jobs:
            print(shlex.join(job.command))
        return
    gpus = args.gpus.split(",") if args.gpus else ()
    JobRunner(args.at_a_time, gpus, args.keep_going, report=partial(print, flush=True)).run(jobs)
