"""What a user can choose about a comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ML50_THRESHOLDS = (1_000_000, 100_000)


@dataclass(frozen=True)
class Options:
    """How to compare.

    Args:
        test: "ar" or "bs", see `resampling.TESTS`.
        samples: resamples or trials; 0 for sacreBLEU's default.
        seed: seed of the test; sacreBLEU's default is 12345.
        thresholds: training sentences that make a language high- and mid-resource.
        baseline: the system whose gains are drawn; by default the one with fewest adapter parameters.
        metric: the metric of the figures; by default the first that the evaluations have.
        logs: training log by system.
    """

    test: str = "ar"
    samples: int = 0
    seed: int = 12345
    thresholds: tuple[int, int] = ML50_THRESHOLDS
    baseline: str = ""
    metric: str = ""
    logs: Mapping[str, Path] = field(default_factory=dict)
