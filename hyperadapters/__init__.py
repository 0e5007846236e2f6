"""Hyper-adapters, regular adapters and their relatives for fairseq (`--user-dir hyperadapters`)."""

import sys
from importlib.util import find_spec
from pathlib import Path

__version__ = "0.1.0"


def register() -> None:
    """Registers all with fairseq and lets its checkpoints load with `weights_only=True`."""
    from importlib import import_module

    from .checkpoints import safe_globals
    from .support.errors import show_user_errors_as_one_line

    safe_globals.register()
    show_user_errors_as_one_line()
    import_module("hyperadapters.data.byte_pieces")
    import_module("hyperadapters.optim.fused_adam")
    import_module("hyperadapters.tasks.multilingual_adapter_translation")
    import_module("hyperadapters.models.adapter_transformer")
    import_module("hyperadapters.criterions.multitask_cross_entropy")
    import_module("hyperadapters.tasks.hyperx")
    import_module("hyperadapters.models.hyperx_encoder")


def is_our_command() -> bool:
    """Whether this process runs `hyperadapters` or `python -m hyperadapters`."""
    program = Path(sys.argv[0] if sys.argv else "")
    # Python names the program "-m" as long as it imports the package of the module to run
    main_module = Path(__file__).with_name("__main__.py")
    return program.stem == "hyperadapters" or program in (Path("-m"), main_module)


# Our command shows its help at once: its sub-commands register when they need to.
if find_spec("fairseq") and not is_our_command():
    register()
