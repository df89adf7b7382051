"""A rule on duty: armed or not, unfit pictures, blind gaps, a view that moved."""

from zoneinfo import ZoneInfo

import pytest

from vision.arming import Arming
from vision.geometry import Polygon
from vision.judge import Judge
from vision.rules.crossing import CrossingSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec
from vision.scene import Line, Scene, View, Zone
from vision.types import FrameSize, Kind, Track

SIZE = FrameSize(640, 360)
GATE = Zone("gate", Polygon.of([[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]))
WIRE = Line("wire", (0.5, 0.0), (0.5, 1.0))
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def scene(clock):
    """Return a maker of scenes: a second, and where somebody stands then."""

    def make(s: float, x: float = 420.0, unfit: str | None = None) -> Scene:
        box = (x - 20, 200.0, x + 20, 300.0)
        who = Track(
            1, Kind.PERSON, "person", box, 0.8, confirmed=True,
            first_seen_at=clock(0), last_seen_at=clock(s),
        )  # fmt: skip
        return Scene(clock(s), SIZE, (who,), unfit)

    return make


def judge(spec, time_zone=SHANGHAI) -> Judge:
    return Judge(spec, View((GATE,), (WIRE,), time_zone))


def test_out_of_hours_nothing_holds_but_who_was_there_before_counts_at_once(scene) -> None:
    """The test's clock begins at eight in the morning in Shanghai."""
    arming = Arming(hours=("08:01-09:00",))
    loiterer = judge(LoiteringSpec(id="r", zone="gate", stay_s=20, arming=arming))
    held = {s: loiterer.judge(scene(s))[0].holds for s in range(90)}
    assert next(s for s, holds in held.items() if holds) == 60


def test_what_happens_out_of_hours_is_over_when_they_begin(scene) -> None:
    spec = CrossingSpec(id="r", line="wire", arming=Arming(hours=("08:01-09:00",)))
    wire = judge(spec)
    found = [one for s in range(90) for one in wire.judge(scene(s, 100.0 + 10 * min(s, 50)))]
    assert not any(one.holds for one in found)


def test_of_an_unfit_picture_nothing_is_said_and_its_time_does_not_count(scene) -> None:
    presence = judge(PresenceSpec(id="r", zone="gate", kinds=(Kind.PERSON,), dwell_s=5))
    looks = [presence.judge(scene(s, unfit="dark" if 3 <= s < 8 else None)) for s in range(12)]
    assert [len(look) for look in looks] == [1] * 3 + [0] * 5 + [1] * 4
    assert [look[0].readings["dwell_s"] for look in looks[8:]] == [0.0, 0.0, 0.0, 5.0]


def test_a_view_that_moved_is_looked_at_with_new_eyes(scene) -> None:
    wire = judge(CrossingSpec(id="r", line="wire"))
    for s in range(5):
        wire.judge(scene(s, 100.0))
    wire.forget()
    after = [one for s in range(5, 10) for one in wire.judge(scene(s, 500.0))]
    assert not any(one.holds for one in after)
