"""Reading in a process of its own: with limits on memory and time, no files, no sockets, no secrets.

A keeper process, started once, has the readers loaded; for each upload it forks a child that reads and ends. Upload and
answer travel through memory; the answer is plain data (see `parcel`). What the child does to itself - running out of
memory or time, crashing in a picture decoder - costs its caller an error and nothing else. The keeper ends with the
process that started it.
"""

import atexit
import codecs
import contextlib
import gc
import json
import os
import resource
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

from ...errors import FoundryError, SourceError, StageFailed
from .parcel import unwrap, wrap
from .read import read_upload
from .upload import Upload

SECONDS, MEGABYTES = 60.0, 3072
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "TMPDIR")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SLACK = 4.0
GRACE = 2.0  # seconds that the kernel and the keeper get beyond the child's own limit
USD = find_spec("pxr") is not None
USD_BEGINS = (b"PXR-", b"#usd", b"PK\x03\x04")  # crate, text, and any archive, which may hold either
LARGEST = 4 << 30  # bytes of an answer


def read_safely(name: str, data: bytes, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Upload:
    """`read_upload` in a process of its own.

    seconds: of computing; `SLACK` times as many may pass on the clock of a busy machine.  megabytes: what it may take
    beyond the upload itself.

    Raises SourceError for every fault of the file, too much time and memory among them.
    """
    return _keeper().read(name, data, seconds, megabytes)


_lock = threading.Lock()
_current: "Keeper | None" = None


def _keeper() -> "Keeper":
    global _current
    with _lock:
        if _current is None or not _current.usable:
            _current = Keeper()
        return _current


class Keeper:
    """The caller's end: starts the keeper process and asks it, one upload at a time."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._turn = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {k: os.environ[k] for k in KEPT if k in os.environ} | ONE_THREAD
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "avatar_foundry.formats.readers.sandbox", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
            )
        atexit.register(self.close)

    @property
    def usable(self) -> bool:
        """Whether it lives, and belongs to this process: a fork needs one of its own."""
        return self._owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """End the keeper process."""
        if self._owner == os.getpid():
            atexit.unregister(self.close)
            self._socket.close()
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()

    def read(self, name: str, data: bytes, seconds: float, megabytes: int) -> Upload:
        """See `read_safely`."""
        with self._turn:
            given = os.memfd_create("upload", os.MFD_CLOEXEC)
            reader, writer = os.pipe2(os.O_CLOEXEC)
            try:
                try:
                    _write_all(given, [data])
                    order = {"name": name[-300:], "seconds": seconds, "megabytes": megabytes}
                    socket.send_fds(self._socket, [json.dumps(order).encode()], [given, writer])
                finally:
                    os.close(writer)
                    os.close(given)
                answer = _read_all(reader, time.monotonic() + SLACK * seconds + GRACE)
                status = self._status() if answer is not None else None
            except OSError as error:
                self._process.kill()
                raise StageFailed("The reader cannot be started", hint="Try again.") from error
            finally:
                os.close(reader)
            if answer is None:  # neither the child nor the kernel kept the limit: begin anew
                self._process.kill()
                raise too_long(seconds)
            return judge(answer, status, seconds, megabytes)

    def _status(self) -> int | None:
        self._socket.settimeout(GRACE)
        try:
            message = self._socket.recv(64)
        except TimeoutError:
            message = b""
        if len(message) != 4:
            self._process.kill()
            return None
        return int(struct.unpack("<i", message)[0])


def judge(answer: bytearray, status: int | None, seconds: float, megabytes: int) -> Upload:
    """The upload in a child's answer, or the error that its end stands for."""
    kind, body = answer[:1], memoryview(answer)[1:]
    if status == 0 and kind == b"U":
        return unwrap(body)
    if status == 0 and kind == b"E":
        told = json.loads(bytes(body))
        raise SourceError(str(told["message"]), hint=str(told["hint"]), pointer=str(told["pointer"]), stage="reading")
    if kind == b"M":
        raise SourceError(
            f"Reading the file takes more than {megabytes} MB of memory", hint="Reduce the model.", stage="reading"
        )
    if status in (-signal.SIGPROF, -signal.SIGALRM, -signal.SIGXCPU):
        raise too_long(seconds)
    raise SourceError("The file cannot be read: it stops the reader", hint="Export it again.", stage="reading")


def too_long(seconds: float) -> SourceError:
    """The error for a file that takes too long."""
    return SourceError(f"Reading the file takes longer than {seconds:g} s", hint="Reduce the model.", stage="reading")


def _write_all(fd: int, buffers: list[Any]) -> None:
    for buffer in buffers:
        view = memoryview(buffer).cast("B") if len(memoryview(buffer)) else memoryview(b"")
        while view:
            view = view[os.write(fd, view) :]


def _read_all(fd: int, deadline: float) -> bytearray | None:
    """All bytes until the other end closes, or None after the deadline."""
    out = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            chunk = os.read(fd, 1 << 20)
            if not chunk:
                return out
            out += chunk
            if len(out) > LARGEST:
                return None


def keep(number: int) -> None:
    """The keeper's loop: fork a child for each order, say how it ended."""
    link = socket.socket(fileno=number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    gc.collect()
    gc.freeze()
    while True:
        message, fds, _, _ = socket.recv_fds(link, 4096, 2)
        if not message:
            return
        with scratch() as folder:
            pid = os.fork()
            if pid == 0:
                link.close()
                tempfile.tempdir = folder
                serve(json.loads(message), *fds)
            for fd in fds:
                os.close(fd)
            _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):
            link.send(struct.pack("<i", os.waitstatus_to_exitcode(status)))


def scratch() -> contextlib.AbstractContextManager[str | None]:
    """A folder for the child where USD is read, whose library knows only files; gone when the child is."""
    return tempfile.TemporaryDirectory(prefix="upload") if USD else contextlib.nullcontext()


def preload() -> None:
    """Load what reading may need: the child cannot open a file any more."""
    from PIL import Image

    for name in ("ascii", "cp437", "idna", "latin-1", "utf-8", "utf-8-sig", "utf-16"):
        codecs.lookup(name)
    Image.init()
    if find_spec("DracoPy") is not None:
        import_module("DracoPy")


def serve(order: dict[str, Any], given: int, answer: int) -> NoReturn:
    """The child: limit itself, read, answer, end."""
    code = 1
    try:
        with open(given, "rb", closefd=False) as file:
            file.seek(0)
            data = file.read()
        limit(float(order["seconds"]), int(order["megabytes"]), files=USD and data[:4] in USD_BEGINS)
        gc.disable()  # the process ends before it would pay
        try:
            parcel = [b"U", *wrap(read_upload(str(order["name"]), data))]
        except FoundryError as error:
            told = {"message": str(error), "hint": error.hint, "pointer": error.pointer}
            parcel = [b"E", json.dumps(told).encode()]
        except (MemoryError, RecursionError):
            parcel = [b"M"]
        _write_all(answer, parcel)
        code = 0
    finally:
        os._exit(code)


def limit(seconds: float, megabytes: int, *, files: bool = False) -> None:
    """Take away what reading does not need. Memory is counted from what the process has already.

    files: leave it files, which USD's library reads and nothing else does.
    """
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[5]) * resource.getpagesize()
    memory = taken + (megabytes << 20)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    whole = max(1, int(seconds + 0.999))
    resource.setrlimit(resource.RLIMIT_CPU, (whole + 1, whole + 2))
    if not files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, SLACK * seconds)


if __name__ == "__main__":
    keep(int(sys.argv[1]))
