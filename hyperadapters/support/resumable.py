"""Steps of a long run that can be interrupted: what is done already is reused."""

import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .errors import UserError
from .files import write_json

SAVE_EVERY = 2.0  # seconds between two writings of the state


def digest(value: Any) -> str:
    """A short fingerprint of a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class StepLog:
    """Remembers which steps are done, from which inputs, and what they returned; safe among threads.

    Args:
        file: JSON file that the state is kept in.
    Raises:
        UserError: if it is damaged.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            state = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            self.done: dict[str, dict[str, Any]] = state.get("steps", {})
        except (ValueError, AttributeError) as error:
            raise UserError(f"{file} is damaged: remove it, and everything is done anew") from error
        self.ran = 0
        self.saved = 0.0
        self.changing = threading.RLock()

    def is_done(self, name: str, inputs: Any, outputs: Iterable[Path] = ()) -> bool:
        """Whether a step was done from these inputs and its output files are still there."""
        step = self.done.get(name)
        return (
            step is not None
            and step["inputs"] == digest(inputs)
            and all(output.exists() for output in outputs)
        )

    def holds_only(self, inputs: Any) -> bool:
        """Whether all steps done so far were done from these inputs."""
        return all(step["inputs"] == digest(inputs) for step in self.done.values())

    def result(self, name: str) -> Any:
        """What a step returned when it was done."""
        return self.done[name]["result"]

    def finish(self, name: str, inputs: Any, result: Any = None) -> None:
        """Remembers a step as done."""
        with self.changing:
            self.ran += 1
            self.done[name] = {"inputs": digest(inputs), "result": result}
            if time.monotonic() - self.saved > SAVE_EVERY:
                self.save()

    def forget(self, name: str) -> None:
        """Makes a step one to do, before its outputs are changed."""
        with self.changing:
            if self.done.pop(name, None) is not None:
                self.save()

    def save(self) -> None:
        """Writes the state."""
        with self.changing:
            write_json(self.file, {"steps": self.done})
            self.saved = time.monotonic()

    def run(
        self,
        name: str,
        inputs: Any,
        action: Callable[[], Any],
        outputs: Iterable[Path] = (),
    ) -> Any:
        """Runs a step unless it is done; returns what it returned, then or now.

        Args:
            name: the step.
            inputs: all that its result depends on, as plain data.
            action: does it; what it returns must be plain data.
            outputs: files that it leaves.
        """
        outputs = list(outputs)
        if not self.is_done(name, inputs, outputs):
            print(f"== {name}", file=sys.stderr, flush=True)
            self.forget(name)
            self.finish(name, inputs, action())
            self.save()
        return self.result(name)


def steps_of(out: Path, settings: Any) -> StepLog:
    """The steps of a run.

    Args:
        out: folder of the run.
        settings: all that its results depend on, as plain data.
    Raises:
        UserError: if the folder holds a run with other settings.
    """
    steps = StepLog(out / "state.json")
    if not steps.holds_only(settings):
        raise UserError(
            f"'{out}' holds a run with other settings: give another --out, or remove it"
        )
    return steps
