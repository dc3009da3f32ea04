"""Our `generate`, called for many recipes within one warm process."""

import hashlib
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peers import peak_of_self

from avatar_foundry import generate


def main() -> None:
    request = json.loads(Path(sys.argv[1]).read_text())
    for recipe in request["before"]:
        generate(recipe)
    runs = []
    for recipe in request["recipes"]:
        start, busy = time.perf_counter(), time.process_time()
        result = generate(recipe)
        wall, cpu = time.perf_counter() - start, time.process_time() - busy
        digest = hashlib.sha256(b"".join(result.files.values())).hexdigest()
        runs.append({"ms": 1000 * wall, "cpu": 1000 * cpu, "sha": digest, "stages": result.answer["timings"]})
        del result
    Path(sys.argv[2]).write_text(json.dumps({"runs": runs, "peak": peak_of_self()}))


main()
