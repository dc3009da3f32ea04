"""`python -m avatar_foundry.pack [--sources DIR]`: build the pack when it is missing and print where it lies."""

import argparse
import sys

from ..errors import PackError
from .show import shown
from .store import build

parser = argparse.ArgumentParser(prog="python -m avatar_foundry.pack", description=__doc__)
parser.add_argument("--sources", help="a folder that may hold the source files already")
arguments = parser.parse_args()
try:
    with shown() as progress:
        path = build(arguments.sources, progress)
except PackError as error:
    sys.exit(f"{error}\n{error.hint}".strip())
except KeyboardInterrupt:
    sys.exit("stopped; what was fetched whole is kept, run it again to go on")
print(path)
