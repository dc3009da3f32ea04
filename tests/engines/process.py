"""Engines as processes that stay: one line of JSON in, one line of JSON out."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import Any

PATIENCE = 600.0  # seconds; an engine that takes longer for one file is stuck


class EngineFailed(Exception):
    """What the engine said, or the end of its error stream when it went away."""


class Process:
    """A program that answers requests, one at a time, until it is closed. It starts with the first one."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self._command, self._env = list(command), {**os.environ, **(env or {})}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._running: subprocess.Popen[str] | None = None
        self._free = threading.Lock()

    def ask(self, **request: Any) -> Any:
        """The program's answer. Raises EngineFailed."""
        with self._free:
            return self._ask(request)

    def _ask(self, request: dict[str, Any]) -> Any:
        if self._running is None or self._running.poll() is not None:
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors}
            self._running = subprocess.Popen(self._command, text=True, env=self._env, **pipes)
        process = self._running
        assert process.stdin is not None
        assert process.stdout is not None
        stop = threading.Timer(PATIENCE, process.kill)
        stop.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            stop.cancel()
        if not line:
            process.wait()
            raise EngineFailed(f"{self._command[0]} ended with code {process.returncode}: {self._last_words()}")
        told = json.loads(line)
        if "error" in told:
            raise EngineFailed(told["error"])
        return told["answer"]

    def close(self) -> None:
        """Let the program end."""
        if self._running is not None and self._running.poll() is None:
            self._running.communicate()
        self._errors.close()

    def _last_words(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-1500:]
