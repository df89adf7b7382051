"""Demonstration cameras: third-party virtual ONVIF devices that stream real footage in a loop.

Each is PyPI's `ipycam` in a process of its own, with a random password. gridpatrol onboards them
like any camera it has never seen: nothing here tells it a stream's address. The password guards
their ONVIF and web pages. Their RTSP streams ask for none; all of it listens on every interface.
"""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from gateway.children import start_child, stop_child
from gateway.clock import monotonic_s
from gateway.demo_scenes import SCENES, Scene
from gateway.errors import MissingExtraError, UnreachableError
from gateway.footage import Film, FootageUnavailableError, Say, obtain
from gateway.secrets import readable_password
from gateway.sources import Credentials

__all__ = ["SCENES", "DemoCamera", "DemoCameras", "Scene"]

HOST = "127.0.0.1"
USER = "admin"
READY_S = 30.0
STOP_S = 3.0
RESTART_PAUSE_S = 5.0
"""A camera that ends as soon as it starts (its port was taken) is tried again this often."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """A virtual camera that runs: where its ONVIF service answers, and who may ask it."""

    scene: Scene
    address: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class _Process:
    """A camera's process. restarted_s: monotonic seconds, None while it is the first one."""

    camera: DemoCamera
    film: Path
    child: subprocess.Popen[bytes]
    restarted_s: float | None = None

    def may_restart(self) -> bool:
        """Say whether it has ended, and not just after the last attempt."""
        if self.child.poll() is None:
            return False
        return self.restarted_s is None or monotonic_s() - self.restarted_s >= RESTART_PAUSE_S


class DemoCameras:
    """The virtual cameras of one data directory, one for each scene; use it from the main thread.

    Raises MissingExtraError when the `demo` extra is not installed.
    """

    def __init__(self, data_dir: Path, scenes: Sequence[Scene] = SCENES) -> None:
        for module in ("ipycam", "imageio_ffmpeg"):
            if importlib.util.find_spec(module) is None:
                raise MissingExtraError(
                    f"{module} is not installed; run: pip install 'gridpatrol[demo]'"
                )
        self._directory = data_dir / "demo"
        self._scenes = scenes
        self._running: dict[str, _Process] = {}

    def start(self, say: Say) -> Sequence[DemoCamera]:
        """Start a camera for each film that can be had, and wait until it serves.

        Raises FootageUnavailableError when there is no film at all, UnreachableError when a camera
        does not come up.
        """
        films = self._films(say)
        for scene in self._scenes:
            if scene.film in films:
                camera = self._prepare(scene)
                film = films[scene.film]
                self._running[scene.slug] = _Process(camera, film, self._launch(scene, film))
        for process in self._running.values():
            self._wait_until_serving(process)
        return [process.camera for process in self._running.values()]

    def ensure_running(self) -> None:
        """Start again what has died."""
        for slug, process in self._running.items():
            if process.may_restart():
                log.warning("a demonstration camera ended; starting it again", camera=slug)
                stop_child(process.child, 0)
                child = self._launch(process.camera.scene, process.film)
                self._running[slug] = replace(process, child=child, restarted_s=monotonic_s())

    def stop(self) -> None:
        """Stop every camera and what it started."""
        for process in self._running.values():
            process.child.terminate()
        for process in self._running.values():
            stop_child(process.child, STOP_S)
        self._running.clear()

    def _films(self, say: Say) -> dict[Film, Path]:
        found: dict[Film, Path] = {}
        reasons = []
        for film in dict.fromkeys(scene.film for scene in self._scenes):
            try:
                found[film] = obtain(film, self._directory / "footage", say)
                say(f"Footage: {film.name}, {film.scene}")
            except FootageUnavailableError as error:
                reasons.append(str(error))
                say(f"No {film.shows} footage: {error}")
        if not found:
            raise FootageUnavailableError("; ".join(reasons))
        return found

    def _prepare(self, scene: Scene) -> DemoCamera:
        """Write the settings file, which keeps password and ports between runs."""
        path = self._config_path(scene)
        earlier = _Earlier.read(path)
        password = earlier.password or readable_password()
        config = {
            "name": scene.name,
            "serial_number": scene.slug,
            "local_ip": HOST,
            "username": USER,
            "password": password,
            "hw_accel": "cpu",
            "show_timestamp": False,
            "main_width": scene.main[0],
            "main_height": scene.main[1],
            "main_fps": scene.fps,
            "main_bitrate": "1500K",
            "sub_width": scene.sub[0],
            "sub_height": scene.sub[1],
            "sub_fps": scene.fps,
            "sub_bitrate": "800K",
        } | _ports(earlier.ports)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o600)
        path.write_text(json.dumps(config, ensure_ascii=False, indent=2))
        address = f"{HOST}:{config['onvif_port']}"
        return DemoCamera(scene, address, Credentials(USER, password))

    def _config_path(self, scene: Scene) -> Path:
        return self._directory / scene.slug / "camera.json"

    def _launch(self, scene: Scene, film: Path) -> subprocess.Popen[bytes]:
        """Start one camera; its settings file says how, `ffmpeg` is the one of a wheel."""
        config = self._config_path(scene)
        argv = (
            *(sys.executable, "-m", "gateway.virtual_camera", "--config", config.resolve()),
            *("--source", film.resolve(), "--hw", "cpu", "--log-level", "WARNING"),
        )
        env = os.environ | {"PATH": f"{self._tools()}{os.pathsep}{os.environ['PATH']}"}
        with (config.parent / "camera.log").open("wb") as output:
            return start_child(argv, env=env, output=output, cwd=config.parent)

    def _tools(self) -> Path:
        """Return a directory with a program called ffmpeg, which ipycam looks for on PATH."""
        from imageio_ffmpeg import get_ffmpeg_exe

        tools = self._directory / "bin"
        tools.mkdir(parents=True, exist_ok=True)
        link = tools / "ffmpeg"
        link.unlink(missing_ok=True)
        link.symlink_to(get_ffmpeg_exe())
        return tools.resolve()

    def _wait_until_serving(self, process: _Process) -> None:
        scene = process.camera.scene
        config = json.loads(self._config_path(scene).read_text())
        deadline_s = monotonic_s() + READY_S
        while not all(_answers(config[port]) for port in ("onvif_port", "rtsp_port")):
            if process.child.poll() is not None or monotonic_s() > deadline_s:
                log_file = self._config_path(scene).with_name("camera.log")
                raise UnreachableError(
                    f"the demonstration camera {scene.slug} does not serve;"
                    f" its last words are in {log_file}"
                )
            time.sleep(0.1)


PORT_KEYS = ("onvif_port", "rtsp_port", "rtmp_port", "web_port", "go2rtc_api_port")
"""Every port of an ipycam; those it does not need must still not be another program's."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What is kept of an earlier run: the password, "" when there is none, and the ports."""

    password: str
    ports: Mapping[str, int]

    @classmethod
    def read(cls, path: Path) -> "_Earlier":
        """Read a settings file; what is missing or damaged in it was never there."""
        try:
            found = json.loads(path.read_text())
        except (OSError, ValueError):
            found = None
        known = found if isinstance(found, dict) else {}
        password = known.get("password")
        ports = {key: known[key] for key in PORT_KEYS if isinstance(known.get(key), int)}
        return cls(password if isinstance(password, str) else "", ports)


def _ports(known: Mapping[str, int]) -> dict[str, int]:
    """Return the ports of an earlier run while they are free, else others."""
    return {
        key: known[key] if key in known and _is_free(known[key]) else _free_port()
        for key in PORT_KEYS
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
