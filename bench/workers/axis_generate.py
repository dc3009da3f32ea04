"""The peer's `generate` command, called several times within one warm process. Runs under the `axis` environment."""

import contextlib
import io
import json
import resource
import sys
import time
from pathlib import Path

from axis_foundry.cli import main as command


def main():
    request = json.loads(Path(sys.argv[1]).read_text())
    runs = []
    for arguments in request["commands"]:
        start, busy = time.perf_counter(), time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            command(arguments)
        runs.append({"ms": 1000 * (time.perf_counter() - start), "cpu": 1000 * (time.process_time() - busy)})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1000 if sys.platform == "linux" else 1e6)
    Path(sys.argv[2]).write_text(json.dumps({"runs": runs, "peak": peak}))


main()
