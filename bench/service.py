"""What serving costs, on one real server: HTTP over the engine, parallel requests, small reads beside large ones.

python bench/service.py [--rounds 12]

On a busy machine wall time says little; processor time (of the API process and of its workers, from /proc) is printed
beside it. The engine alone is the same recipe built in this process, in the same run.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from os import sysconf
from pathlib import Path
from typing import Any

import httpx

from avatar_foundry.build import build

ROOT = Path(__file__).resolve().parents[1]
RECIPE = {"preset": "warrior", "prompt": "tall athletic male", "platform": "unity"}
TICK = 1000 / sysconf("SC_CLK_TCK")


def server() -> Any:
    """How scripts/fuzz-api starts a server: on a folder of its own, with rate limits lifted."""
    loader = SourceFileLoader("fuzz_api", str(ROOT / "scripts" / "fuzz-api"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def processor(pid: int) -> tuple[float, float]:
    """Milliseconds of processor time of a process, and of those it started and that live."""
    own, children, family = 0.0, 0.0, {pid}
    for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda p: int(p.name)):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent = TICK * (int(fields[11]) + int(fields[12]))
        if int(path.name) == pid:
            own = spent
        elif int(fields[1]) in family:
            family.add(int(path.name))
            children += spent
    return own, children


class Taken:
    """Wall and processor time of a block."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def __enter__(self) -> "Taken":
        self.began, self.before = time.perf_counter(), processor(self.pid)
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = 1000 * (time.perf_counter() - self.began)
        own, children = processor(self.pid)
        self.api, self.workers = own - self.before[0], children - self.before[1]


async def measure(base: str, key: str, pid: int, rounds: int) -> None:
    """Print the table."""
    async with httpx.AsyncClient(base_url=base, headers={"X-API-Key": key}, timeout=300) as client:

        async def generate() -> None:
            (await client.post("/api/generate", json=RECIPE)).raise_for_status()

        for _ in range(3):
            await asyncio.gather(generate(), generate())
        for _ in range(3):
            build(RECIPE)

        with Taken(pid) as idle:
            await asyncio.sleep(5)
        alone, walls, api, workers = [], [], [], []
        for _ in range(rounds):  # in turns, so that both meet the same neighbours
            began = time.process_time()
            build(RECIPE)
            alone.append(1000 * (time.process_time() - began))
            with Taken(pid) as taken:
                await generate()
            walls.append(taken.wall)
            api.append(taken.api - idle.api / idle.wall * taken.wall)
            workers.append(taken.workers)
        m = statistics.median
        print("\n| a generate request | ms |\n|---|---|")
        print(f"| engine alone, processor | {m(alone):.0f} |")
        print(f"| worker, processor | {m(workers):.0f} |")
        print(f"| API process, processor, above what it takes idle | {statistics.mean(api):.1f} |")
        print(f"| API process idle, processor per second | {1000 * idle.api / idle.wall:.0f} |")
        print(f"| whole request, wall | {m(walls):.0f} |")

        single, four = [], []
        cost = []
        for _ in range(max(2, rounds // 4)):
            with Taken(pid) as taken:
                for _ in range(4):
                    await generate()
            single.append(taken.wall)
            before = taken.workers
            with Taken(pid) as taken:
                await asyncio.gather(*(generate() for _ in range(4)))
            four.append(taken.wall)
            cost.append(taken.workers / before)
        print("\n| four requests | |\n|---|---|")
        print(f"| one after the other, wall | {m(single):.0f} ms |")
        print(f"| at once, wall | {m(four):.0f} ms |")
        print(f"| rate against one core's, wall | {sum(single) / sum(four):.2f} |")
        print(f"| processor time of the work, at once against in turn | {m(cost):.2f} |")

        times: list[float] = []
        over = asyncio.Event()

        async def look() -> None:
            while not over.is_set():
                began = time.perf_counter()
                (await client.get("/api/platforms")).raise_for_status()
                times.append(1000 * (time.perf_counter() - began))
                await asyncio.sleep(0.01)

        async def busy() -> None:
            for _ in range(rounds):
                await generate()

        reader = asyncio.create_task(look())
        await asyncio.gather(busy(), busy())
        over.set()
        await reader
        times.sort()
        print("\n| GET /api/platforms with two generate requests running | ms |\n|---|---|")
        for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99)):
            print(f"| {name} | {times[int(share * len(times))]:.1f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    starter = server()
    with tempfile.TemporaryDirectory() as folder:
        process, base = starter.serve(Path(folder))
        try:
            asyncio.run(measure(base, starter.KEY, process.pid, options.rounds))
        finally:
            starter.stop(process)
    return 0


if __name__ == "__main__":
    sys.exit(main())
