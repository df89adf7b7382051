"""Demonstration cameras: real devices that serve, keep their secrets, and leave no one behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from gateway import demo
from gateway.demo import SCENES, DemoCamera, DemoCameras
from gateway.footage import CACHE_VARIABLE
from gateway.onvif.onboard import onboard

PROJECT = Path(demo.__file__).parents[1]
SLUG = "demo-road"


def wait_for(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.05)


def processes_of(data_dir: Path) -> set[int]:
    """Return the ids of living processes that have the folder in their command or environment."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(data_dir).encode() in words and int(entry.name) != os.getpid():
            found.add(int(entry.name))
    return found


def is_encoder(process: int) -> bool:
    return b"libx264" in Path(f"/proc/{process}/cmdline").read_bytes()


@contextmanager
def watched(camera: DemoCamera) -> Iterator[Iterator[av.Packet]]:
    """Watch its sub stream, whose address ONVIF tells."""
    url = onboard(camera.address, camera.credentials).sub_uri
    options = {"rtsp_transport": "tcp"}
    with av.open(url, options=options, timeout=(10, 10)) as container:
        yield container.demux(video=0)


@pytest.fixture(autouse=True)
def shared_footage(road_film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(road_film.parent))


@pytest.fixture
def cameras(tmp_path: Path) -> Iterator[DemoCameras]:
    cameras = DemoCameras(tmp_path)
    yield cameras
    cameras.stop()


@pytest.fixture
def one_camera(tmp_path: Path) -> Iterator[DemoCameras]:
    cameras = DemoCameras(tmp_path, SCENES[:1])
    yield cameras
    cameras.stop()


def settings(data_dir: Path, slug: str = SLUG) -> dict[str, object]:
    return json.loads((data_dir / "demo" / slug / "camera.json").read_text())


@pytest.mark.slow
def test_a_quiet_viewer_is_kept_longer_than_ipycam_would(virtual_camera: DemoCamera) -> None:
    """FFmpeg speaks after 30 s, which is when ipycam by itself hangs up."""
    with socket.create_connection(rtsp_address(virtual_camera), timeout=40) as viewer:
        viewer.settimeout(35)
        with pytest.raises(TimeoutError):
            viewer.recv(1)
        viewer.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert viewer.recv(4096).startswith(b"RTSP/1.0 200 OK")


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.slug)
def test_each_film_has_a_camera_that_shows_it(
    scene: demo.Scene, virtual_cameras: dict[str, DemoCamera], request: pytest.FixtureRequest
) -> None:
    if scene.slug == "demo-square":
        request.getfixturevalue("square_film")
    camera = virtual_cameras[scene.slug]
    draft = onboard(camera.address, camera.credentials)
    assert [(one.width, one.height) for one in draft.profiles] == [scene.main, scene.sub]
    assert all(one.fps == scene.fps for one in draft.profiles)


def test_no_picture_is_squashed() -> None:
    films = {"bikes.mp4": 640 / 272, "vtest.avi": 768 / 576}
    for scene in SCENES:
        for width, height in (scene.main, scene.sub):
            assert width / height == pytest.approx(films[scene.film.name], rel=0.01)


def test_secrets_are_kept_and_no_one_elses(cameras: DemoCameras, tmp_path: Path) -> None:
    first = {camera.scene.slug: camera for camera in cameras.start(print)}
    cameras.stop()
    again = {camera.scene.slug: camera for camera in cameras.start(print)}
    assert again == first
    passwords = {camera.credentials.password for camera in first.values()}
    assert len(passwords) == len(first)
    for slug in first:
        path = tmp_path / "demo" / slug / "camera.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_port_that_is_taken_meanwhile_is_left_alone(
    one_camera: DemoCameras, tmp_path: Path
) -> None:
    one_camera.start(print)
    one_camera.stop()
    before = settings(tmp_path)
    with socket.create_server(("", before["rtsp_port"])):
        one_camera.start(print)
        after = settings(tmp_path)
        assert after["rtsp_port"] != before["rtsp_port"]
        assert after["onvif_port"] == before["onvif_port"]
        assert after["password"] == before["password"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"password": 7, "onvif_port": "x"}'])
def test_damaged_settings_are_made_anew(cameras: DemoCameras, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "demo" / SLUG / "camera.json"
    path.parent.mkdir(parents=True)
    path.write_text(damage)
    path.chmod(0o644)
    camera = cameras._prepare(SCENES[0])
    assert settings(tmp_path)["password"] == camera.credentials.password
    assert camera.credentials.password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_stopping_leaves_no_process_even_while_someone_watches(
    cameras: DemoCameras, tmp_path: Path
) -> None:
    camera = next(iter(cameras.start(print)))
    with watched(camera) as packets:
        next(packets)
        assert any(is_encoder(process) for process in processes_of(tmp_path))
        cameras.stop()
        wait_for(lambda: not processes_of(tmp_path))


def test_a_camera_that_died_comes_back_at_the_same_address(
    one_camera: DemoCameras, tmp_path: Path
) -> None:
    (camera,) = one_camera.start(print)
    child = one_camera._running[SLUG].child
    child.kill()
    wait_for(lambda: child.poll() is not None)
    one_camera.ensure_running()
    wait_for(lambda: demo._answers(settings(tmp_path)["rtsp_port"]))
    with watched(camera) as packets:
        assert next(packets).size > 0


def test_a_camera_that_cannot_start_is_tried_again_with_pauses(
    one_camera: DemoCameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "RESTART_PAUSE_S", 1e9)
    one_camera.start(print)
    one_camera._running[SLUG].child.kill()
    wait_for(lambda: one_camera._running[SLUG].child.poll() is not None)
    with socket.create_server(("", settings(tmp_path)["onvif_port"])):
        one_camera.ensure_running()
        first = one_camera._running[SLUG].child
        wait_for(lambda: first.poll() is not None)
    one_camera.ensure_running()
    assert one_camera._running[SLUG].child is first
    monkeypatch.setattr(demo, "RESTART_PAUSE_S", 0.0)
    one_camera.ensure_running()
    assert one_camera._running[SLUG].child is not first


def test_no_password_is_shown(virtual_cameras: dict[str, DemoCamera]) -> None:
    for camera in virtual_cameras.values():
        assert camera.credentials.password not in repr(camera)


def test_cameras_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from gateway.demo import DemoCameras\n"
        "DemoCameras(Path(sys.argv[1])).start(lambda line: None)\n"
        "print('ready', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout.readline() == b"ready\n"
        assert len(processes_of(tmp_path)) > 1
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not processes_of(tmp_path))


def rtsp_address(camera: DemoCamera) -> tuple[str, int]:
    uri = onboard(camera.address, camera.credentials).main_uri
    host, port = uri.split("/")[2].split(":")
    return host, int(port)
