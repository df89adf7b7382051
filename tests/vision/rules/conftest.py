"""What the tests of rules share: tracks from a few words, and a rule put on duty."""

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo

import pytest

from vision.geometry import Polygon
from vision.judge import Judge
from vision.rule import RuleSpec
from vision.scene import Line, Scene, View, Zone
from vision.types import Finding, FrameSize, Kind, Track

SIZE = FrameSize(640, 360)
GATE = Zone("gate", Polygon.of([[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]))
WIRE = Line("wire", (0.5, 0.0), (0.5, 1.0))
"""Down the middle: side A is on the right of the picture, side B on the left."""

MakeTrack = Callable[..., Track]
Play = Callable[..., list[list[Finding]]]


@pytest.fixture
def track(clock) -> MakeTrack:
    """Return a maker of tracks that are seen at second 0 unless told otherwise.

    feet: where it stands, pixels; size: width and height of its box.
    """

    def make(
        number: int = 1,
        feet=(420.0, 300.0),
        size=(40.0, 100.0),
        kind=Kind.PERSON,
        seen_s: float = 0.0,
        first_s: float = -60.0,
        still_s: float | None = None,
        **more,
    ) -> Track:
        (x, y), (width, height) = feet, size
        values = {"confirmed": True, "score": 0.8, "label": str(kind)} | more
        return Track(
            id=number,
            kind=kind,
            xyxy=(x - width / 2, y - height, x + width / 2, y),
            first_seen_at=clock(first_s),
            last_seen_at=clock(seen_s),
            still_since=None if still_s is None else clock(still_s),
            **values,
        )

    return make


@pytest.fixture
def play(clock) -> Play:
    """Return a function that shows a rule its tracks second by second and returns its findings."""

    def run(
        spec: RuleSpec,
        looks: Iterable[tuple[float, list[Track] | str]],
        time_zone: tzinfo = UTC,
        size: FrameSize = SIZE,
    ) -> list[list[Finding]]:
        """A text instead of tracks: why the picture of that moment is unfit."""
        judge = Judge(spec, View((GATE,), (WIRE,), time_zone))
        return [
            judge.judge(
                Scene(clock(s), size, (), seen)
                if isinstance(seen, str)
                else Scene(clock(s), size, tuple(seen))
            )
            for s, seen in looks
        ]

    return run
