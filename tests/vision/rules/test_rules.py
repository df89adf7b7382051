"""The table of rules and the checks between zones and rules of one camera."""

from dataclasses import fields
from pathlib import Path

import pytest

from vision.arming import Arming
from vision.errors import RuleError
from vision.geometry import Polygon
from vision.judge import Judge
from vision.rule import Raise
from vision.rules import DEFAULT_RULES, RULES, RuleSet
from vision.rules.checkpoint import CheckpointSpec
from vision.rules.crossing import CrossingSpec
from vision.rules.crowd import CrowdSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec
from vision.rules.wrong_way import WrongWaySpec
from vision.scene import Line, Scene, View, Zone
from vision.types import FrameSize, Kind, Severity

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "write-rules.md"
SQUARE = Polygon.of([[0, 0], [1, 0], [1, 1], [0, 1]])
GATE = Zone("gate", SQUARE, "村口")


def test_every_row_is_named_after_its_type() -> None:
    assert {name: spec.type for name, spec in RULES.items()} == {name: name for name in RULES}
    assert "presence" in RULES


@pytest.mark.parametrize(
    ("zones", "rules", "words"),
    [
        ((GATE, GATE), (), "two places are called 'gate'"),
        ((), (PresenceSpec(id="a"), PresenceSpec(id="a")), "two rules are called 'a'"),
        ((GATE,), (PresenceSpec(id="a", zone="gat"),), "rule a: no zone 'gat'; zones here: gate"),
        ((), (PresenceSpec(id="a", zone="gate"),), "zones here: none"),
        ((Zone("a/b", SQUARE),), (), "zone id 'a/b'"),
        ((), (CrossingSpec(id="a", line="wire"),), "rule a: no line 'wire'; lines here: none"),
    ],
)
def test_what_contradicts_itself_is_refused(zones, rules, words) -> None:
    with pytest.raises(RuleError, match=words):
        RuleSet(zones, rules)


def test_a_line_and_a_zone_of_one_name_would_be_mixed_up() -> None:
    with pytest.raises(RuleError, match="two places are called 'gate'"):
        RuleSet((GATE,), (), (Line("gate", (0.0, 0.0), (1.0, 0.0)),))


@pytest.mark.parametrize("reading", ["cuont", "stood_s", "peak_dwell_s"])
def test_a_reading_that_the_rule_does_not_tell_raises_nothing_and_is_refused(reading) -> None:
    raises = (Raise(to=Severity.RED, reading=reading, at_least=3),)
    with pytest.raises(RuleError, match=f"'{reading}'.* take count, dwell_s, peak_count, lasts_s"):
        PresenceSpec(id="a", raises=raises)


@pytest.mark.parametrize(
    "spec",
    [
        PresenceSpec(id="a"),
        LoiteringSpec(id="a"),
        CrowdSpec(id="a"),
        CrossingSpec(id="a", line="wire"),
        WrongWaySpec(id="a", line="wire"),
        CheckpointSpec(id="a", line="wire", arming=Arming(hours=("22:00-06:00",))),
    ],
    ids=lambda spec: spec.type,
)
def test_a_rule_tells_the_readings_that_it_says(spec, clock) -> None:
    judge = Judge(spec, View((), (Line("wire", (0.0, 0.0), (1.0, 0.0)),)))
    told = [found.readings for found in judge.judge(Scene(clock(0), FrameSize(640, 360), ()))]
    assert told
    for readings in told:
        numbers = {name for name, value in readings.items() if not isinstance(value, str)}
        assert numbers == set(spec.readings)


def test_rules_are_built_with_their_zones() -> None:
    rules = RuleSet((GATE,), (PresenceSpec(id="a", zone="gate"), PresenceSpec(id="b")))
    assert len(rules.build()) == 2


def test_by_default_persons_and_vehicles_anywhere_are_a_green_record() -> None:
    described = {(spec.zone, spec.kinds, spec.severity) for spec in DEFAULT_RULES.rules}
    assert described == {
        (None, (Kind.PERSON,), Severity.GREEN),
        (None, (Kind.VEHICLE,), Severity.GREEN),
    }


@pytest.mark.parametrize("spec", RULES.values(), ids=RULES)
def test_every_rule_and_every_setting_is_in_the_how_to(spec) -> None:
    text = HOW_TO.read_text(encoding="utf-8")
    assert f"## `{spec.type}`" in text
    assert [field.name for field in fields(spec) if f"| `{field.name}` |" not in text] == []
