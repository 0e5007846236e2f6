"""Options of adapter kinds and of the hypernetwork."""

import pytest

from hyperadapters.adapters import KindOptions
from hyperadapters.errors import UserError
from hyperadapters.sources import HyperOptions


@pytest.mark.parametrize(
    "build",
    [
        lambda: KindOptions(bottleneck=0),
        lambda: KindOptions(norm="batch"),
        lambda: KindOptions(activation="sine"),
        lambda: HyperOptions(hidden=0),
        lambda: HyperOptions(dropout=1.0),
    ],
)
def test_options_out_of_range_are_refused(build):
    with pytest.raises(UserError):
        build()
