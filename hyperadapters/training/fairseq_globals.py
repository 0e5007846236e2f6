"""What fairseq keeps in the process between trainings."""

import sys

from fairseq.checkpoint_utils import save_checkpoint


def reset_best_metric() -> None:
    """Lets the training that begins have a best validation loss, and a patience, of its own.

    fairseq keeps them as attributes of two functions, and a Hydra multirun trains several systems in
    one process: a later one would only write `checkpoint_best.pt` if it were better than the first.
    """
    functions = [save_checkpoint]
    if "fairseq_cli.train" in sys.modules:
        functions.append(sys.modules["fairseq_cli.train"].should_stop_early)
    for function in functions:
        for name in ("best", "num_runs"):
            vars(function).pop(name, None)
