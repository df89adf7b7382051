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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from gateway.children import start_child, stop_child
from gateway.clock import monotonic_s
from gateway.errors import MissingExtraError, UnreachableError
from gateway.footage import FILMS, ROAD, SQUARE, Film, FootageUnavailableError, Say, obtain
from gateway.secrets import readable_password
from gateway.sources import Credentials
from vision.geometry import Polygon
from vision.rules import RuleSet
from vision.rules.presence import PresenceSpec
from vision.scene import Zone
from vision.types import Kind, Severity

HOST = "127.0.0.1"
USER = "admin"
READY_S = 30.0
STOP_S = 3.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scene:
    """What a demonstration camera is called, how it films, and what it is watched for.

    main, sub: width and height of the streams, in the film's proportions. fps: the film's own.
    """

    slug: str
    name: str
    grid: str
    film: Film
    main: tuple[int, int]
    sub: tuple[int, int]
    fps: int
    rules: RuleSet


SCENES = (
    Scene(
        slug="demo-road",
        name="村口大路",
        grid="东一网格",
        film=ROAD,
        main=(1280, 544),
        sub=(640, 272),
        fps=25,
        rules=RuleSet(
            zones=(Zone("roadway", Polygon(((0.0, 0.2), (1.0, 0.2), (1.0, 1.0), (0.0, 1.0)))),),
            rules=(
                PresenceSpec(
                    id="vehicle-on-road",
                    kinds=(Kind.VEHICLE,),
                    zone="roadway",
                    severity=Severity.YELLOW,
                    confirm_s=0.5,
                    clear_s=2.0,
                ),
            ),
        ),
    ),
    Scene(
        slug="demo-square",
        name="文化广场",
        grid="东二网格",
        film=SQUARE,
        main=(768, 576),
        sub=(640, 480),
        fps=10,
        rules=RuleSet(
            zones=(Zone("crossing", Polygon(((0.4, 0.3), (0.6, 0.3), (0.6, 0.6), (0.4, 0.6)))),),
            rules=(
                PresenceSpec(
                    id="person-in-zone",
                    kinds=(Kind.PERSON,),
                    zone="crossing",
                    severity=Severity.RED,
                    confirm_s=0.5,
                    clear_s=2.0,
                ),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """A virtual camera that runs: where its ONVIF service answers, and who may ask it."""

    scene: Scene
    address: str
    credentials: Credentials


class DemoCameras:
    """The virtual cameras of one data directory; use it from the main thread.

    Raises MissingExtraError when the `demo` extra is not installed.
    """

    def __init__(self, data_dir: Path) -> None:
        for module in ("ipycam", "imageio_ffmpeg"):
            if importlib.util.find_spec(module) is None:
                raise MissingExtraError(
                    f"{module} is not installed; run: pip install 'gridpatrol[demo]'"
                )
        self._directory = data_dir / "demo"
        self._running: dict[str, tuple[DemoCamera, Path, subprocess.Popen[bytes]]] = {}

    def start(self, say: Say) -> Sequence[DemoCamera]:
        """Start a camera for each film that can be had, and wait until it serves.

        Raises FootageUnavailableError when there is no film at all, UnreachableError when a camera
        does not come up.
        """
        films = self._films(say)
        for scene in SCENES:
            if scene.film in films:
                camera, config = self._prepare(scene)
                child = self._launch(config, films[scene.film])
                self._running[scene.slug] = (camera, films[scene.film], child)
        for camera, _, child in self._running.values():
            self._wait_until_serving(camera, child)
        return [camera for camera, _, _ in self._running.values()]

    def ensure_running(self) -> None:
        """Start again what has died."""
        for slug, (camera, film, child) in self._running.items():
            if child.poll() is not None:
                log.warning("a demonstration camera ended; starting it again", camera=slug)
                stop_child(child, 0)
                again = self._launch(self._config_path(camera.scene), film)
                self._running[slug] = (camera, film, again)

    def stop(self) -> None:
        """Stop every camera and what it started."""
        for _, _, child in self._running.values():
            child.terminate()
        for _, _, child in self._running.values():
            stop_child(child, STOP_S)
        self._running.clear()

    def _films(self, say: Say) -> dict[Film, Path]:
        found: dict[Film, Path] = {}
        reasons = []
        for film in FILMS:
            try:
                found[film] = obtain(film, self._directory / "footage", say)
                say(f"Footage: {film.name}, {film.scene}")
            except FootageUnavailableError as error:
                reasons.append(str(error))
                say(f"No {film.shows} footage: {error}")
        if not found:
            raise FootageUnavailableError("; ".join(reasons))
        return found

    def _prepare(self, scene: Scene) -> tuple[DemoCamera, Path]:
        """Return the camera and its settings file, which keeps password and ports between runs."""
        path = self._config_path(scene)
        known = _earlier(path)
        password = known.get("password") or readable_password()
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
        } | _ports(known)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(config, ensure_ascii=False, indent=2))
        address = f"{HOST}:{config['onvif_port']}"
        return DemoCamera(scene, address, Credentials(USER, password)), path

    def _config_path(self, scene: Scene) -> Path:
        return self._directory / scene.slug / "camera.json"

    def _launch(self, config: Path, film: Path) -> subprocess.Popen[bytes]:
        """Start one camera; its settings file says how, `ffmpeg` is the one of a wheel."""
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

    def _wait_until_serving(self, camera: DemoCamera, child: subprocess.Popen[bytes]) -> None:
        config = json.loads(self._config_path(camera.scene).read_text())
        deadline_s = monotonic_s() + READY_S
        while not all(_answers(config[port]) for port in ("onvif_port", "rtsp_port")):
            if child.poll() is not None or monotonic_s() > deadline_s:
                log_file = self._config_path(camera.scene).with_name("camera.log")
                raise UnreachableError(
                    f"the demonstration camera {camera.scene.slug} does not serve;"
                    f" its last words are in {log_file}"
                )
            time.sleep(0.1)


PORT_KEYS = ("onvif_port", "rtsp_port", "rtmp_port", "web_port", "go2rtc_api_port")
"""Every port of an ipycam; those it does not need must still not be another program's."""


def _earlier(path: Path) -> dict[str, Any]:
    """Return the settings of an earlier run, none when they are missing or damaged."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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
