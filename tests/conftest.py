"""What many tests stand on: real footage, a real RTSP server to freeze and kill, ffprobe."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper

import vision.runtime  # noqa: F401 - before any test imports a runtime: it keeps them from reporting
from gateway.demo import SCENES, DemoCamera, DemoCameras, Scene
from gateway.footage import (
    CACHE_VARIABLE,
    ROAD,
    SQUARE,
    Film,
    FootageUnavailableError,
    obtain,
)

# A busy machine is no fault of what is tested.
settings.register_profile("gridpatrol", deadline=None)
settings.load_profile("gridpatrol")

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).parent / "servers" / "gst_rtsp.py"
LOUDSPEAKER_SERVER = Path(__file__).parent / "servers" / "gst_onvif_backchannel.py"
POSTGRESQL_SERVER = Path(__file__).parent / "servers" / "postgresql_server.py"
ONVIF_SERVER = Path(__file__).parent / "servers" / "onvif_device.py"
PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad "
    "gstreamer1.0-plugins-ugly"
)
READY_S = 60.0
WORKER_BYTES = 2 << 30
"""Memory of a test process, with the models it loads and the programs it starts."""
BROWSERS = ("chromium", "google-chrome")
BARE_BROWSER = "chromium-headless-shell"
"""It opens a page for half of the processor time, having no window round it, nor a microphone."""
LONGEST_FIRST = Path(__file__).with_name("longest_first.txt")
"""Test files by the time they take, as `pytest --durations=0` tells it; what it lacks is quick."""
FOOTAGE_DIR = Path(__file__).parents[1] / "var" / "footage"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Run half as many files again as there are cores, memory allowing.

    Tests wait for pictures, browsers and disks for about half of their time. None leaves the number
    to the environment.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(cores + (cores + 1) // 2, memory // WORKER_BYTES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: begun last, one would be waited for at the end.

    Within a file, virtual cameras come last: from then on they cost processor time.
    """
    rank = {name: number for number, name in enumerate(LONGEST_FIRST.read_text().split())}
    for item in items:
        rank.setdefault(_file_of(item), len(rank))
    items.sort(
        key=lambda item: (
            rank[_file_of(item)],
            "virtual_camera" in getattr(item, "fixturenames", ()),
        )
    )


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _film(film: Film) -> Path:
    try:
        return obtain(film, FOOTAGE_DIR, print)
    except FootageUnavailableError as error:
        pytest.skip(f"no {film.name}: {error}; apt-get install opencv-doc helps for vtest.avi")


@pytest.fixture(scope="session")
def road_film() -> Path:
    """Cars on a road, H.264 MP4, 640x272 at 25 fps, 10 s."""
    return _film(ROAD)


@pytest.fixture(scope="session")
def square_film() -> Path:
    """Pedestrians, MPEG-4 part 2 AVI, 768x576 at 10 fps, 79.5 s."""
    return _film(SQUARE)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the Chromium that shows pages for the least processor time."""
    return _browser(BARE_BROWSER, *BROWSERS)


@pytest.fixture(scope="session")
def listening_chromium_path() -> str:
    """Return a Chromium that can have a microphone."""
    return _browser(*BROWSERS)


def _browser(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no {names[0]} on PATH; on Debian: apt-get install {names[0]}")
    return found


@pytest.fixture(scope="module")
def virtual_camera(
    road_film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoCamera]:
    """The demonstration camera that shows vehicles, a third-party ONVIF device; it runs.

    Its streams are of 1280x544 and 640x272. It encodes all the time, watched or not: kept for the
    whole run it would cost more than starting it anew for each file that needs it.
    """
    with _running(SCENES[0], road_film, tmp_path_factory) as camera:
        yield camera


@pytest.fixture(scope="module")
def virtual_cameras(
    virtual_camera: DemoCamera, road_film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, DemoCamera]]:
    """All demonstration cameras whose footage can be had, by their short names; they run."""
    cameras = {virtual_camera.scene.slug: virtual_camera}
    with ExitStack() as running:
        for scene in SCENES:
            if scene.slug not in cameras:
                with suppress(FootageUnavailableError):
                    cameras[scene.slug] = running.enter_context(
                        _running(scene, road_film, tmp_path_factory)
                    )
        yield cameras


@contextmanager
def _running(
    scene: Scene, road_film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoCamera]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(road_film.parent))
        cameras = DemoCameras(tmp_path_factory.mktemp("demo"), (scene,))
        try:
            (camera,) = cameras.start(print)
            yield camera
        finally:
            cameras.stop()


@pytest.fixture(scope="session")
def onvif_server() -> ModuleType:
    """Return servers/onvif_device.py, a device that can be told to misbehave."""
    spec = importlib.util.spec_from_file_location("onvif_device", ONVIF_SERVER)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """Return a running server (servers/postgresql_server.py); its template has the newest schema.

    Skip, and say why, where PostgreSQL is not installed.
    """
    from gateway.store.database import Database  # not for the many tests that need no store

    spec = importlib.util.spec_from_file_location("postgresql_server", POSTGRESQL_SERVER)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    try:
        server = module.PostgresqlServer()
    except module.NoPostgresqlError as error:
        pytest.skip(str(error))
    try:
        server.make()
        server.start()
        empty = server.create()
        Database.open(server.url(empty)).close()
        server.use_as_template(empty)
        yield server
    finally:
        server.remove()


@pytest.fixture
def onvif_device(onvif_server: ModuleType) -> Iterator[Callable[..., Any]]:
    """Return a starter of ONVIF devices; fields are those of `OnvifDevice`, and `tls`."""
    with ExitStack() as running:

        def start(**fields: object) -> Any:
            tls = fields.pop("tls", None)
            device = onvif_server.OnvifDevice(**fields)
            running.callback(onvif_server.serve(device, tls))
            return device

        yield start


@dataclass
class RtspCamera:
    """One server process. Its stream loops the access units of a file, all the time."""

    command: list[str]
    port: int
    process: subprocess.Popen[str] = field(init=False)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/camera"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        watchdog = threading.Timer(READY_S, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if line.strip() != "ready":
            pytest.fail(f"the RTSP server did not start: {self.process.communicate()[1]}")

    def freeze(self) -> None:
        """Keep the connections and answer nothing, as a hung camera does."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Probed:
    """A film as ffprobe sees it. times: seconds at which the pictures are shown, in file order."""

    duration_s: float
    video: dict
    audio: dict | None
    times: list[float]

    @property
    def pictures(self) -> int:
        return len(self.times)


@pytest.fixture(scope="session")
def ffprobe() -> Callable[..., Probed]:
    """Return a prober of films: no complaint, a key frame first, timestamps that rise, an end.

    may_be_damaged: the pictures may be such that a decoder complains.
    """
    if shutil.which("ffprobe") is None:
        pytest.skip("no ffprobe on PATH; on Debian: apt-get install ffmpeg")

    def probe(path: Path, *, may_be_damaged: bool = False) -> Probed:
        asked = ["ffprobe", "-v", "warning", "-show_format", "-show_streams", "-show_packets"]
        run = subprocess.run(
            [*asked, "-of", "json", path], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0
        assert may_be_damaged or run.stderr == ""
        said = json.loads(run.stdout)
        streams = {stream["codec_type"]: stream for stream in said["streams"]}
        for kind in streams:
            track = [packet for packet in said["packets"] if packet["codec_type"] == kind]
            stamps = [float(packet["dts_time"]) for packet in track]
            assert all(before < after for before, after in pairwise(stamps)), kind
            assert "K" in track[0]["flags"]
        pictures = [p for p in said["packets"] if p["codec_type"] == "video"]
        times = [float(packet["pts_time"]) for packet in pictures]
        duration_s = float(said["format"]["duration"])
        end_s = float(said["format"]["start_time"]) + duration_s
        assert max(times) <= end_s <= max(times) + 1.0
        assert min(times) <= 0.1
        return Probed(duration_s, streams["video"], streams.get("audio"), times)

    return probe


@pytest.fixture(scope="session")
def gstreamer() -> None:
    """Skip, and say why, where the RTSP server cannot run."""
    imports = (
        "import gi; gi.require_version('GstRtspServer', '1.0');"
        "from gi.repository import Gst, GstRtspServer; Gst.init(None);"
        "names = ('rtph264pay', 'rtph265pay', 'h264parse', 'h265parse', 'alawenc', 'x264enc');"
        "missing = [name for name in names if not Gst.ElementFactory.find(name)];"
        "assert not missing, missing"
    )
    try:
        subprocess.run([SYSTEM_PYTHON, "-c", imports], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        last = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
        pytest.skip(f"no GStreamer RTSP server ({last}); apt-get install {PACKAGES}")


@pytest.fixture
def rtsp_camera(gstreamer: None, tmp_path: Path) -> Iterator[Callable[..., RtspCamera]]:
    """Return a starter of RTSP cameras: access units and the options of servers/gst_rtsp.py."""
    cameras: list[RtspCamera] = []

    def start(units: Iterable[bytes], *options: str) -> RtspCamera:
        clip = tmp_path / f"units-{len(cameras)}"
        clip.write_bytes(b"".join(struct.pack(">I", len(unit)) + unit for unit in units))
        port = free_port()
        command = [SYSTEM_PYTHON, str(SERVER), str(clip), "--port", str(port), *options]
        camera = RtspCamera(command, port)
        cameras.append(camera)
        camera.start()
        return camera

    yield start
    for camera in cameras:
        with suppress(ProcessLookupError):
            camera.thaw()
        camera.kill()


@dataclass
class Loudspeaker(RtspCamera):
    """A camera that can be spoken through; it keeps what it heard."""

    heard: Path
    RATE: ClassVar[int] = 8000

    def samples(self) -> np.ndarray:
        """Return all that came out: int16 (N,), 8000 a second."""
        data = self.heard.read_bytes() if self.heard.exists() else b""
        return np.frombuffer(data[: len(data) // 2 * 2], np.int16)

    def seconds(self) -> float:
        """Return how much came out."""
        return len(self.samples()) / self.RATE

    def pitch(self) -> tuple[float, float]:
        """Return the strongest frequency, hertz, and the share of all energy within 20 Hz of it."""
        spectrum = np.abs(np.fft.rfft(self.samples().astype(float))) ** 2
        hertz = np.fft.rfftfreq(len(self.samples()), 1 / self.RATE)
        spectrum[hertz < 50] = 0
        strongest = float(hertz[spectrum.argmax()])
        near = np.abs(hertz - strongest) <= 20
        return strongest, float(spectrum[near].sum() / spectrum.sum())


@pytest.fixture
def loudspeaker(gstreamer: None, tmp_path: Path) -> Iterator[Callable[..., Loudspeaker]]:
    """Return a starter of cameras to speak through: options of servers/gst_onvif_backchannel.py."""
    cameras: list[Loudspeaker] = []

    def start(*options: str) -> Loudspeaker:
        heard, port = tmp_path / f"heard-{len(cameras)}", free_port()
        server = [SYSTEM_PYTHON, str(LOUDSPEAKER_SERVER), str(heard)]
        camera = Loudspeaker([*server, "--port", str(port), *options], port, heard)
        cameras.append(camera)
        camera.start()
        return camera

    yield start
    for camera in cameras:
        with suppress(ProcessLookupError):
            camera.thaw()
        camera.kill()


Sight = tuple[int, float, float, float, float, float]
"""Class index, score 0-1, x1, y1, x2, y2 in pixels."""


@pytest.fixture
def seeing_network(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes an ONNX detector, end to end, that sees the same in every picture.

    Called with a name, the labels by class index and what it sees; width and height are its own.
    """

    def write(
        name: str, labels: dict[int, str], *sights: Sight, width: int = 160, height: int = 96
    ) -> Path:
        answer = np.zeros((1, 300, 6), np.float32)
        for number, (index, score, *box) in enumerate(sights):
            answer[0, number] = (*box, score, index)
        nodes = [
            helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
            helper.make_node("Squeeze", ["mean"], ["flat"]),
            helper.make_node("Sub", ["flat", "flat"], ["zero"]),
            helper.make_node("Add", ["answer", "zero"], ["output0"]),
        ]
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, height, width])
        output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 300, 6])
        constants = [numpy_helper.from_array(answer, "answer")]
        graph = helper.make_graph(nodes, name, [images], [output], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
        model.metadata_props.add(key="names", value=str(labels))
        path = tmp_path / f"{name}.onnx"
        onnx.save(model, path)
        return path

    return write


@pytest.fixture
def semantic_network(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes an ONNX segmentation network of three classes: red, blue and green.

    Called with a name and the labels by class index.
    """

    def write(name: str, labels: dict[int, str]) -> Path:
        colours = 20.0 * np.eye(3, dtype=np.float32)[[0, 2, 1]].reshape(3, 3, 1, 1)
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])
        output = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 3, 64, 64])
        node = helper.make_node("Conv", ["images", "colours"], ["output0"])
        constants = [numpy_helper.from_array(colours, "colours")]
        graph = helper.make_graph([node], name, [images], [output], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
        model.metadata_props.add(key="names", value=str(labels))
        path = tmp_path / f"{name}.onnx"
        onnx.save(model, path)
        return path

    return write
