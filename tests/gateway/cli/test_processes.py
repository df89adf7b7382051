"""`serve`, `worker` and `run` as processes: their signals, their refusals, their logs."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from gateway.directory_lock import hold
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera

PATIENCE_S = 60.0
STOP_S = 10.0
SECRET = "hunter2-S3cret"


def wait_until(condition, process):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def store(data_dir):
    """Return the store of the processes' data directory."""
    data_dir.mkdir()
    box = SecretBox.open(data_dir / "secret.key")
    with Store.open(data_dir / "gridpatrol.db", box) as store:
        yield store


@pytest.fixture
def running(data_dir, port, tmp_path):
    """Return a context in which a command runs; its two streams go to one file."""

    @contextmanager
    def run(*words, **environment):
        kept = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
        environment = kept | {
            "GRIDPATROL_DATA_DIR": str(data_dir),
            "GRIDPATROL_SERVE__PORT": str(port),
            "GRIDPATROL_ANALYSIS__PRECISION": "f32",
            **environment,
        }
        command = [sys.executable, "-m", "gateway.cli", *words]
        with (tmp_path / "output").open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    return run


def told(tmp_path):
    return (tmp_path / "output").read_text()


def test_lone_worker_ends_cleanly(running, store, tmp_path):
    with running("worker", "--shard", "0/1") as process:
        wait_until(store.workers.all, process)
        process.terminate()
        assert process.wait(STOP_S) == 0
    assert store.workers.all() == ()
    assert "Traceback" not in told(tmp_path)


def test_lone_serve_ends_cleanly_though_its_queue_is_away(running, store, port, tmp_path):
    queue = f"redis://user:{SECRET}@127.0.0.1:9/0"
    with running("serve", REDIS_URL=queue) as process:

        def is_answering():
            try:
                return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
            except httpx.TransportError:
                return False

        wait_until(is_answering, process)
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert "server" not in answer.headers
        process.terminate()
        assert process.wait(STOP_S) == 0
    assert "dispatch queue" in told(tmp_path), "that it is away is said"
    assert SECRET not in told(tmp_path)
    assert "GET /healthz" not in told(tmp_path)


def test_password_of_a_camera_is_in_no_log_line_and_no_process_list(
    running, store, rtsp_camera, coded_stream, tmp_path
):
    units = [packet.data for packet in coded_stream(pictures=50).packets]
    camera = rtsp_camera(units, "--user", "admin", "--password", "another")
    store.inventory.add(Camera("gate", "gate", main_uri=camera.url, username="admin"), SECRET)
    with running("worker", GRIDPATROL_LOG__LEVEL="debug") as process:

        def is_refused():
            state = store.camera_states.get("gate")
            return state is not None and state.state == "unauthorized"

        wait_until(is_refused, process)
        shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        assert SECRET not in shown.stdout
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_S) == 0
    assert '"camera": "gate"' in told(tmp_path)
    assert SECRET not in told(tmp_path)


def test_altered_model_is_refused_before_anything_starts(refused, altered_model):
    assert str(altered_model) in refused(16, "run")


def test_serve_without_a_queue(refused):
    assert "REDIS_URL" in refused(9, "serve")


@pytest.mark.parametrize("command", ["run", "serve"])
def test_port_that_is_taken(refused, monkeypatch, command):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setenv("GRIDPATROL_SERVE__PORT", str(taken))
        assert f"127.0.0.1:{taken}" in refused(11, command)


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:9/0"])
def test_data_directory_of_another_run(refused, monkeypatch, data_dir, port, url):
    monkeypatch.setenv("GRIDPATROL_SERVE__PORT", str(port))
    if url:
        monkeypatch.setenv("REDIS_URL", url)
    data_dir.mkdir()
    with hold(data_dir, data_dir):
        said = refused(11, "run")
    assert str(os.getpid()) in said
    assert str(data_dir) in said


def test_run_with_a_source_that_fails_stops_what_it_started(refused, monkeypatch, port, data_dir):
    monkeypatch.setenv("GRIDPATROL_SERVE__PORT", str(port))
    assert "127.0.0.1:9" in refused(4, "run", "--source", "rtsp://127.0.0.1:9/live")
    assert not (data_dir / "queue" / "queue.sock").exists()
    with hold(data_dir, data_dir):
        pass


@pytest.mark.parametrize("shard", ["1/1", "x", "0/0"])
def test_shard_that_is_none(refused, shard):
    assert shard in refused(3, "worker", "--shard", shard)
