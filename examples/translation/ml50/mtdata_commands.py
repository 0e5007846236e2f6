"""Prints the `mtdata get` commands that bring what ml50.yaml expects under mtdata/.

Run it with the Python that has hyperadapters, and the commands where mtdata is installed, in the folder that
ML50 names. Arguments are language codes: only these languages.
"""

import re
import shlex
import sys
from collections import defaultdict
from pathlib import Path

from hyperadapters.preparation.config import load_config
from hyperadapters.preparation.expand_config import expand_config

CONFIG = Path(__file__).with_name("ml50.yaml")
FILE = re.compile(
    r"mtdata/(?P<code>\w+)/(?P<kind>train-parts|tests)/(?P<id>.+?)\.(?P<lang>[a-z]{3})(\.gz)?$"
)
OPTIONS = {"train-parts": "-tr", "tests": "-ts"}


def commands(wanted):
    """The command of each language, by its code.

    Args:
        wanted: language codes; all if empty.
    """
    found = defaultdict(lambda: {"langs": set(), "train-parts": [], "tests": []})
    for path in expand_config(load_config(CONFIG), Path()).files():
        named = FILE.match(path.as_posix())
        if named and (not wanted or named["code"] in wanted):
            own = found[named["code"]]
            own["langs"].add(named["lang"])
            if named["id"] not in own[named["kind"]]:
                own[named["kind"]].append(named["id"])
    return {code: command(code, own) for code, own in found.items()}


def command(code, own):
    """The command of one language."""
    words = ["mtdata", "get", "-l", "-".join(sorted(own["langs"]))]
    for kind, option in OPTIONS.items():
        if own[kind]:
            words += [option, *own[kind]]
    return shlex.join([*words, "--compress", "-o", f"mtdata/{code}"])


def main(wanted):
    """Prints the commands; what mtdata has nothing of is said on standard error."""
    languages = load_config(CONFIG).languages
    unknown = [code for code in wanted if code not in languages]
    if unknown:
        sys.exit(f"error: {', '.join(unknown)} is none of ML50's languages: {', '.join(languages)}")
    found = commands(wanted)
    print(*found.values(), sep="\n")
    by_hand = [code for code in wanted or languages if code not in found and code != "en_XX"]
    if by_hand:
        print(f"to be had by hand (README.md): {', '.join(by_hand)}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
