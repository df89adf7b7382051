"""A film of a flood over a real view, for `gridpatrol analyze` and for looking at.

    python -m benchmarks.water_film OUT.mp4 [--place NAME] [--seed N]

Thirty-six minutes with a picture each three seconds: its times are those of the flood, so that it
is analysed at its own seconds; players show it quickly. The command prints when the water is where.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.water_hours import Flood, Hour, Tide
from benchmarks.water_places import SIZE, Place, present
from benchmarks.water_surface import Surface, some_water
from benchmarks.water_weather import Light
from vision.water.types import WaterLines

EVERY_S = 3.0
"""Between pictures: five of them, over twelve seconds, are a look."""
TIDE = Tide(begin_s=240.0, high_s=600.0, ebb_s=720.0, gone_s=1320.0, ratio=0.62)
LENGTH_S = 2160.0
"""Until fourteen minutes after the water is gone: longer than an incident stays open then."""
KEY_EVERY = 10


@dataclass(frozen=True, slots=True)
class Course:
    """When the water of a film truly crosses the lines, in its seconds; None: it never does.

    off_red_s, off_yellow_s, gone_s: when it has sunk below what keeps red, yellow, any state; 0.0:
    it never was above.
    """

    watch_s: float | None
    yellow_s: float | None
    red_s: float | None
    off_red_s: float
    off_yellow_s: float
    gone_s: float


def flood_hour(place: Place, seed: int = 1, tide: Tide = TIDE, length_s: float = LENGTH_S) -> Hour:
    """Return the time that is filmed: dry, rising, high, draining, dry."""
    water = some_water(np.random.default_rng([61, seed]), seed)
    flood = Flood(Surface(place, water), tide, place)
    return Hour("film", place, (flood, Light(seed, 0.08)), length_s, flood)


def course(hour: Hour, lines: WaterLines | None = None) -> Course:
    """Return when the water of an hour crosses the lines of a road by area."""
    lines = lines or WaterLines()
    moments = np.arange(0.0, hour.seconds, 1.0)
    ratios = np.array([hour.truth(float(at_s)) for at_s in moments])

    def first(ratio: float) -> float | None:
        over = np.flatnonzero(ratios >= ratio)
        return float(moments[over[0]]) if over.size else None

    def off(ratio: float) -> float:
        kept = np.flatnonzero(ratios >= ratio * lines.clear_part)
        return float(moments[kept[-1]]) + 1.0 if kept.size else 0.0

    return Course(
        watch_s=first(lines.watch_ratio),
        yellow_s=first(lines.yellow_ratio),
        red_s=first(lines.red_ratio),
        off_red_s=off(lines.red_ratio),
        off_yellow_s=off(lines.yellow_ratio),
        gone_s=off(lines.watch_ratio),
    )


def make_film(hour: Hour, path: Path, every_s: float = EVERY_S) -> None:
    """Write an hour's pictures as H.264, each at its own time."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1) / Fraction(every_s))
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        stream.options = {"crf": "24", "preset": "veryfast", "g": str(KEY_EVERY), "bf": "0"}
        stream.time_base = Fraction(1, 1000)
        for at_s in np.arange(0.0, hour.seconds, every_s):
            frame = av.VideoFrame.from_ndarray(hour.picture(float(at_s)), format="bgr24")
            frame.pts, frame.time_base = round(float(at_s) * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the film asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.water_film", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--place", default="lane", choices=[one.name for one in present()])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    place = next(one for one in present() if one.name == asked.place)
    hour = flood_hour(place, asked.seed)
    make_film(hour, asked.out)
    corners = " ".join(f"{x:g},{y:g}" for x, y in place.zone.corners)
    print(f"{asked.out}: zone {corners}; {course(hour)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
