"""`python -m hyperadapters`: the command `hyperadapters`."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
