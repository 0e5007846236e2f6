"""Options of adapter kinds and of the hypernetwork."""

import pytest

from hyperadapters.adapters.bottleneck import Options
from hyperadapters.sources import HyperOptions
from hyperadapters.support.errors import UserError


@pytest.mark.parametrize(
    "build",
    [
        lambda: Options(bottleneck=0),
        lambda: Options(norm="batch"),
        lambda: Options(activation="sine"),
        lambda: HyperOptions(hidden=0),
        lambda: HyperOptions(dropout=1.0),
    ],
)
def test_options_out_of_range_are_refused(build):
    with pytest.raises(UserError):
        build()
