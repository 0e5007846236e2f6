"""Steps of a long run that can be interrupted: what is done already is reused."""

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator

from ..files import write_json


class Steps:
    """Remembers which steps are done, and with which settings.

    Args:
        out: folder of the run; its state is kept in `state.json`.
        settings: settings of the run: with other settings everything is done again.
    """

    def __init__(self, out: Path, settings: Dict[str, Any]) -> None:
        self.file = out / "state.json"
        state = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.is_other_run = bool(state) and state.get("settings") != settings
        self.state = {"settings": settings, "done": {}}
        if not self.is_other_run:
            self.state["done"] = state.get("done", {})

    @contextmanager
    def step(self, name: str) -> Iterator[bool]:
        """Yields whether the step is still to do; done when its block ends without an error."""
        todo = name not in self.state["done"]
        # beside the progress bars, so that --json leaves nothing but JSON on standard output
        print(
            f"== {name}" + ("" if todo else " (done before, reused)"), file=sys.stderr, flush=True
        )
        yield todo
        if todo:
            self.state["done"][name] = True
            write_json(self.file, self.state)
