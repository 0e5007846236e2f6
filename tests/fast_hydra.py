"""Makes fairseq commands in this process start faster, where most of the suite's time would go.

Every fairseq command composes its configuration with Hydra. That parses some 365 settings, nearly all of them
defaults, and copies the store of all configurations, although what is taken from the store is copied again.
"""

import copy
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser


def install() -> None:
    """Lets Hydra parse equal settings once, and leave its store where it is."""
    parse, parsed = OverridesParser.parse_rule, {}

    def parse_once(self: OverridesParser, text: str, rule: str) -> Any:
        if (text, rule) not in parsed:
            parsed[text, rule] = parse(self, text, rule)
        return copy.copy(parsed[text, rule])

    OverridesParser.parse_rule = parse_once
    ConfigStore.__deepcopy__ = lambda self, memo: self
