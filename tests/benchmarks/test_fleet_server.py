"""The cameras of a town send their own clip, whole, from a key frame, and say since when."""

import json
import subprocess
import sys
import time
from fractions import Fraction

import av
import numpy as np
import pytest

from benchmarks.fleet_server import Showing, clip_film

FPS, PICTURES, GOP = 10, 40, 10


@pytest.fixture
def clip(tmp_path):
    """Return a clip whose pictures grow brighter one by one."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.gop_size = GOP
        stream.options = {"tune": "zerolatency", "sc_threshold": "0", "threads": "1"}
        for number in range(PICTURES):
            grey = np.full((96, 160, 3), 20 + 5 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, "bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def served(clip, tmp_path):
    programme, log = tmp_path / "programme.json", tmp_path / "log"
    programme.write_text(json.dumps({"cam000": str(clip)}))
    argv = [sys.executable, "-m", "benchmarks.fleet_server", str(programme)]
    with log.open("wb") as output, subprocess.Popen(argv, stdout=output) as server:
        while not log.read_text().partition("\n")[1]:
            assert server.poll() is None
            time.sleep(0.05)
        yield f"rtsp://127.0.0.1:{int(log.read_text())}", log
        server.terminate()


def brightness(url, count):
    options = {"rtsp_transport": "tcp"}
    with av.open(url, options=options, timeout=10) as container:
        for number, frame in enumerate(container.decode(video=0), 1):
            yield int(frame.to_ndarray(format="gray")[20:60, 20:100].mean())
            if number == count:
                return


def test_a_clip_becomes_a_film_of_its_own_rate(clip):
    film = clip_film(clip)
    assert (film.fps, len(film.pictures)) == (FPS, PICTURES)
    assert film.keys == (0, 10, 20, 30)


def test_pictures_come_in_order_from_the_one_that_is_told_of(served):
    url, log = served
    seen = list(brightness(f"{url}/cam000-reader", 12))
    steps = np.diff(seen)
    assert ((steps > 2) | (steps < -100)).all()
    showings = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    began = Showing(**showings[0])
    assert (began.path, began.ended_s) == ("cam000-reader", None)
    assert began.picture % GOP == 0
    assert abs(seen[0] - (20 + 5 * began.picture)) <= 4


def test_a_camera_that_there_is_not_is_refused(served):
    with pytest.raises(av.error.HTTPNotFoundError):
        next(brightness(f"{served[0]}/cam999", 1))
