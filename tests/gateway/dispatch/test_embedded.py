import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from gateway.dispatch import embedded
from gateway.dispatch.embedded import (
    SOCKET_PATH_BYTES,
    EmbeddedQueue,
    ExternalQueue,
    open_queue,
    running_url,
)
from gateway.errors import PortTakenError, QueueUnreachableError, StorageError


def socket_of(queue: EmbeddedQueue) -> Path:
    return Path(queue.url.removeprefix("unix://"))


def child_of(queue: EmbeddedQueue) -> int:
    with Redis.from_url(queue.url) as redis:
        return redis.info("server")["process_id"]


def test_server_is_private_and_writes_every_change_down(
    queue: EmbeddedQueue, tmp_path: Path
) -> None:
    assert queue.is_alive()
    status = socket_of(queue).stat()
    assert stat.S_ISSOCK(status.st_mode)
    assert status.st_mode & 0o777 == 0o600
    assert socket_of(queue).parent.stat().st_mode & 0o777 == 0o700
    with Redis.from_url(queue.url, decode_responses=True) as redis:
        settings = redis.config_get("port", "appendonly", "appendfsync", "save")
    assert settings == {"port": "0", "appendonly": "yes", "appendfsync": "always", "save": ""}
    assert queue.description.endswith(f"-server on {socket_of(queue)}")
    assert running_url(tmp_path) == queue.url


def test_stopped_queue_leaves_its_entries_and_nothing_else(
    queue: EmbeddedQueue, tmp_path: Path
) -> None:
    pid = child_of(queue)
    with Redis.from_url(queue.url) as redis:
        redis.xadd("grid:dispatch", {"event": "{}"})
    queue.stop()
    assert not queue.is_alive()
    assert not Path(f"/proc/{pid}").exists()
    assert running_url(tmp_path) is None
    assert not socket_of(queue).exists()
    again = open_queue(tmp_path, None)
    with Redis.from_url(again.url) as redis:
        assert redis.xlen("grid:dispatch") == 1
    again.stop()


def test_killed_server_is_restarted_with_every_acknowledged_entry(queue: EmbeddedQueue) -> None:
    with Redis.from_url(queue.url) as redis:
        for number in range(50):
            redis.xadd("grid:dispatch", {"event": str(number)})
    os.kill(child_of(queue), signal.SIGKILL)
    assert queue._child is not None
    queue._child.wait(60)
    assert not queue.is_alive()
    queue.restart()
    assert queue.is_alive()
    with Redis.from_url(queue.url) as redis:
        assert redis.xlen("grid:dispatch") == 50


def test_second_gridpatrol_on_the_same_data_is_refused(
    queue: EmbeddedQueue, tmp_path: Path
) -> None:
    with pytest.raises(PortTakenError, match=rf"another gridpatrol \(process {os.getpid()}\) uses"):
        open_queue(tmp_path, None)
    assert queue.is_alive()
    assert running_url(tmp_path) == queue.url


def test_stale_socket_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "queue" / "queue.sock"))
    queue = open_queue(tmp_path, None)
    with Redis.from_url(queue.url) as redis:
        assert redis.ping()
    queue.stop()


def test_server_that_outlived_its_owner_is_replaced(tmp_path: Path) -> None:
    first = EmbeddedQueue(tmp_path)
    first.start()
    with Redis.from_url(first.url) as redis:
        redis.xadd("grid:dispatch", {"event": "{}"})
    first._lock.close()
    orphan = first._child
    assert orphan is not None
    second = open_queue(tmp_path, None)
    assert orphan.wait(60) == 0
    with Redis.from_url(second.url) as redis:
        assert redis.xlen("grid:dispatch") == 1
    second.stop()


def test_server_dies_with_its_owner_and_frees_the_data(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from gateway.dispatch.embedded import open_queue;"
        "queue = open_queue(pathlib.Path(sys.argv[1]), None);"
        "print(queue._child.pid, flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    server = os.pidfd_open(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    ready, _, _ = select.select([server], [], [], 20)
    assert ready, "the server still runs"
    os.close(server)
    open_queue(tmp_path, None).stop()


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A directory with a path as short as a system's own for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_long_paths_get_their_socket_elsewhere_in_private(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    deep = tmp_path / ("village-" * 8) / ("grid-" * 10)
    queue = open_queue(deep, None)
    assert isinstance(queue, EmbeddedQueue)
    path = socket_of(queue)
    assert path.is_relative_to(runtime)
    assert len(os.fsencode(path)) <= SOCKET_PATH_BYTES
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert running_url(deep) == queue.url
    with pytest.raises(PortTakenError):
        open_queue(deep, None)
    queue.stop()


def test_directory_that_somebody_else_prepared_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "queue").symlink_to(elsewhere)
    with pytest.raises(StorageError, match="belongs to somebody else"):
        open_queue(tmp_path, None)


def test_place_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot make the queue's directory"):
        open_queue(tmp_path / "file", None)


def test_server_on_the_path_comes_first_and_a_broken_one_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin" / "redis-server"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    working = next(program for program in embedded._programs() if program.name == "valkey-server")
    monkeypatch.setenv("PATH", f"{broken.parent}:/bin:/usr/bin")
    assert broken in embedded._programs()
    queue = open_queue(tmp_path / "data", None)
    assert queue.is_alive()
    assert working.name in queue.description
    queue.stop()


def test_machine_without_any_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_programs", lambda: iter(()))
    with pytest.raises(QueueUnreachableError, match="set REDIS_URL, or install valkey-server"):
        open_queue(tmp_path, None)
    monkeypatch.undo()
    open_queue(tmp_path, None).stop()


def test_server_that_cannot_start_says_where_it_complains(
    queue: EmbeddedQueue, tmp_path: Path
) -> None:
    with Redis.from_url(queue.url) as redis:
        redis.xadd("grid:dispatch", {"event": "{}"})
    queue.stop()
    (tmp_path / "queue" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(QueueUnreachableError, match=r"ended with code 1 .*logs/queue\.log"):
        open_queue(tmp_path, None)
    assert "manifest" in (tmp_path / "logs" / "queue.log").read_text()


def test_configured_queue_is_left_to_its_owner(queue: EmbeddedQueue, tmp_path: Path) -> None:
    external = open_queue(tmp_path, queue.url)
    assert external == ExternalQueue(queue.url, "the queue that was configured")
    external.ensure_running()
    external.stop()
    assert queue.is_alive()
