"""Rules files: what is read, what is refused and where; the way to the database and back."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.rules_file import (
    RulesRefusedError,
    load_rules,
    rules_from_document,
    rules_from_json,
    rules_to_json,
    rules_to_yaml,
    zones_to_json,
)
from vision.arming import Arming, OnHolidays, Weekday
from vision.crossings import Direction
from vision.geometry import Polygon
from vision.rule import Raise
from vision.rules import DEFAULT_RULES, RULES, RuleSet
from vision.rules.checkpoint import CheckpointSpec
from vision.rules.count import CountSpec
from vision.rules.crossing import CrossingSpec
from vision.rules.crowd import CrowdSpec
from vision.rules.loitering import LoiteringSpec
from vision.rules.presence import PresenceSpec
from vision.rules.stop import StopSpec
from vision.rules.wrong_way import WrongWaySpec
from vision.scene import Line, Zone
from vision.types import KNOWN_KINDS, Kind, Severity

EXAMPLE = Path(__file__).parents[2] / "configs" / "rules-example.yaml"
GATE = """\
zones:
  - {id: gate, name: 村口, polygon: [[0.1, 0.5], [0.9, 0.5], [0.9, 1], [0.1, 1]]}
rules:
"""


def read(tmp_path: Path, text: str) -> RuleSet:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def test_a_file_becomes_zones_and_rules(tmp_path) -> None:
    rules = read(
        tmp_path,
        GATE
        + "  - {id: in, type: presence, kinds: [person], zone: gate, clear_s: 4, severity: red}",
    )
    corners = ((0.1, 0.5), (0.9, 0.5), (0.9, 1.0), (0.1, 1.0))
    assert rules.zones == (Zone("gate", Polygon(corners), "村口"),)
    assert rules.rules == (
        PresenceSpec(
            id="in", zone="gate", kinds=(Kind.PERSON,), clear_s=4.0, severity=Severity.RED
        ),
    )


@pytest.mark.parametrize("text", ["", "rules: []", "zones: []\nrules: []"])
def test_a_file_without_rules_gets_the_default_ones(tmp_path, text) -> None:
    assert read(tmp_path, text) == DEFAULT_RULES


def test_zones_alone_keep_the_default_rules(tmp_path) -> None:
    rules = read(tmp_path, GATE.replace("rules:\n", ""))
    assert (len(rules.zones), rules.rules) == (1, DEFAULT_RULES.rules)


def test_the_example_holds() -> None:
    rules = load_rules(EXAMPLE)
    assert [zone.id for zone in rules.zones] == ["gate", "fire-lane"]
    assert rules.lines == (Line("bridge", (0.0, 0.6), (1.0, 0.6), "桥头"),)
    assert [rule.type for rule in rules.rules] == [
        "presence", "loitering", "stop", "checkpoint", "crowd", "count",
    ]  # fmt: skip


def test_lines_and_the_parts_of_a_rule_are_read(tmp_path) -> None:
    rules = read(
        tmp_path,
        """\
zones:
  - {id: dike, line: [[0, 0.6], [1, 0.6]]}
rules:
  - id: over
    type: crossing
    line: dike
    direction: b_to_a
    arming:
      weekdays: [sat, sun]
      hours: ["22:00-06:00"]
      holidays: &golden ["2026-10-01/2026-10-07"]
      on_holidays: all_day
    raises: [{to: red, reading: count, at_least: 3}]
  - {id: at-holidays, type: presence, arming: {holidays: *golden}}
""",
    )
    over, at_holidays = rules.rules
    assert over == CrossingSpec(
        id="over",
        line="dike",
        direction=Direction.B_TO_A,
        arming=Arming(
            weekdays=(Weekday.SAT, Weekday.SUN),
            hours=("22:00-06:00",),
            holidays=("2026-10-01/2026-10-07",),
            on_holidays=OnHolidays.ALL_DAY,
        ),
        raises=(Raise(to=Severity.RED, reading="count", at_least=3.0),),
    )
    assert at_holidays.arming.holidays == over.arming.holidays


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("zone: []", 1, "zone: unknown key; did you mean `zones`?"),
        ("rules:\n  - {id: a, type: presence, confirms: 3}", 2, "did you mean `confirm_s`?"),
        (
            "rules:\n  - id: a\n    type: presence\n    colour: red",
            4,
            "known here: arming, clear_s, ",
        ),
        ("rules:\n  - {id: a, type: presense}", 2, "did you mean `presence`?"),
        ("rules:\n\n  - {id: a}", 3, "`type` is missing; known here: presence, "),
        ("rules:\n  - {type: presence}", 2, "rules.0.id: Field required."),
        ("rules:\n  - id: a\n    type: presence\n    clear_s: -1", 4, "greater than or equal to 0"),
        ("rules:\n  - id: a\n    type: presence\n    clear_s: '1'", 4, "valid number"),
        ("rules:\n  - id: a\n    type: presence\n    clear_s: true", 4, "valid number"),
        ("rules:\n  - id: a\n    type: presence\n    clear_s: .nan", 4, "finite number"),
        ("rules:\n  - id: a\n    type: presence\n    severity: pink", 4, "'green', 'yellow' or"),
        ("rules:\n  - id: a\n    type: presence\n    kinds: [Dog]", 4, "'Dog' cannot be a kind"),
        ("rules:\n  - {id: a, type: presence, kinds: []}", 2, "rule a: kinds must name"),
        ("rules:\n  - {id: 村, type: presence}", 2, "rule id '村'"),
        ("rules: presence", 1, "rules: Input should be a valid array."),
        (GATE + "  - {id: a, type: presence, zone: gat}", 4, "no zone 'gat'; zones here: gate"),
        (
            "rules:\n  - {id: a, type: presence}\n  - {id: a, type: presence}",
            3,
            "two rules are called 'a'",
        ),
        ("zones:\n  - {id: a, polygon: [[0, 0], [1, 1]]}", 2, "at least three corners"),
        ("zones:\n  - {id: a, polygon: [[0, 0], [1, 1], [2, 0]]}", 2, "between 0 and 1"),
        ("zones:\n  - {id: a, polygon: [[0, 0], [1, 1], [1, 0, 3]]}", 2, "zones.0.polygon.2"),
        ("zones:\n  - {id: a, line: [[0, 0], [0, 0]]}", 2, "two different ends"),
        ("zones:\n  - {id: a, line: [[0, 0]]}", 2, "zones.0.line.1: Field required"),
        ("zones:\n  - {id: a}", 2, "give either `polygon`, the corners of an area, or `line`"),
        (GATE + "  - {id: a, type: crossing, line: gate}", 4, "no line 'gate'; lines here: none"),
        (GATE + "  - {id: a, type: crossing}", 4, "rules.0.line: Field required"),
        (
            "rules:\n  - id: a\n    type: presence\n    arming:\n      hour: ['1']",
            5,
            "arming.hour: unknown key; did you mean `hours`?",
        ),
        (
            "rules:\n  - id: a\n    type: presence\n    arming:\n      weekdays: [mon, tus]",
            5,
            "arming.weekdays.1: Input should be 'mon', 'tue'",
        ),
        (
            "rules:\n  - id: a\n    type: presence\n    arming: {hours: [22-6]}",
            4,
            'rules.0.arming: hours reads "08:00-20:00" or "22:00-06:00", not \'22-6\'',
        ),
        (
            "rules:\n  - id: a\n    type: presence\n    raises: [{to: pink, reading: count, "
            "at_least: 3}]",
            4,
            "raises.0.to: Input should be 'green', 'yellow' or",
        ),
        (
            "rules:\n  - {id: a, type: crossing, line: x, confirm_s: 1}",
            2,
            "less than or equal to 0",
        ),
        ("rules:\n  - {id: a, type: checkpoint}", 2, "either a line or a zone"),
        ("zones: [\n", 2, "not valid YAML"),
        ("zones: []\nzones: []", 2, "not valid YAML: found duplicate key"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_way_out(tmp_path, text, line, words) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'rules.yaml'}:{line}: ")
    assert words in message


def test_every_mistake_is_told_at_once_from_the_top_down(tmp_path) -> None:
    text = (
        "rules:\n  - {id: a, type: presence, x: 1}\n  - {id: b}\n  - {id: c, type: presence, y: 2}"
    )
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    places = [line.split(": ")[0].rsplit(":")[-1] for line in str(caught.value).splitlines()]
    assert places == ["2", "3", "4"]


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load_rules(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("zones", "rules", "words"),
    [
        ("[]", '[{"type": "presence", "id": "a", "x": 1}]', "rules.0.x: unknown key"),
        ("[", "[]", "not JSON"),
        ("{}", "[]", "zones: Input should be a valid array"),
    ],
)
def test_what_the_database_holds_is_checked_too(zones, rules, words) -> None:
    with pytest.raises(ConfigError, match=words):
        rules_from_json(zones, rules)


NUMBERS = st.floats(0, 86_400, allow_nan=False)
ARMINGS = st.builds(
    Arming,
    weekdays=st.lists(st.sampled_from(Weekday), unique=True).map(tuple),
    hours=st.sampled_from([(), ("22:00-06:00", "12:00-13:00")]),
    seasons=st.sampled_from([(), ("06-01/09-30",)]),
    holidays=st.sampled_from([(), ("2026-10-01", "2026-10-02/2026-10-07")]),
    on_holidays=st.sampled_from(OnHolidays),
)
COMMON = {
    "id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    "severity": st.sampled_from(Severity),
    "cool_down_s": NUMBERS,
    "labels": st.sampled_from([(), ("truck", "bus")]),
    "kinds": st.sampled_from([(Kind.PERSON,), (Kind("smoke"),), KNOWN_KINDS]),
    "max_height_ratio": st.floats(0.5, 1),
    "arming": ARMINGS,
    "raises": st.lists(
        st.builds(Raise, reading=st.just("lasts_s"), at_least=st.floats(1, 9)), max_size=2
    ).map(tuple),
}
ZONES = st.sampled_from([None, "gate"])
SPECS = st.one_of(
    st.builds(
        PresenceSpec, **COMMON, zone=ZONES, confirm_s=NUMBERS, clear_s=NUMBERS,
        min_count=st.integers(1, 1000), dwell_s=NUMBERS, min_height_ratio=st.floats(0, 0.5),
    ),
    st.builds(LoiteringSpec, **COMMON, zone=ZONES, away_s=st.floats(0, 3600)),
    st.builds(StopSpec, **COMMON, zone=ZONES, stop_s=st.floats(5, 86_400)),
    st.builds(CrowdSpec, **COMMON, zone=ZONES, min_count=st.integers(2, 9)),
    st.builds(
        CrossingSpec, **COMMON, line=st.just("wire"), direction=st.sampled_from(Direction)
    ),
    st.builds(WrongWaySpec, **COMMON, zone=ZONES, line=st.just("wire")),
    st.builds(CountSpec, **COMMON, zone=ZONES, interval_s=st.sampled_from([60, 900])),
    st.builds(
        CheckpointSpec,
        **(COMMON | {"arming": st.just(Arming(hours=("22:00-06:00",)))}),
        line=st.just("wire"),
    ),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(SPECS, min_size=1, max_size=4, unique_by=lambda spec: spec.id))
def test_the_database_gives_back_what_it_was_given(specs) -> None:
    gate = Zone("gate", Polygon.of([[0.1, 0.5], [0.9, 0.5], [0.5, 1 / 3]]), "村口")
    wire = Line("wire", (0.0, 1 / 3), (1.0, 0.5), "警戒线")
    rules = RuleSet((gate,), tuple(specs), (wire,))
    assert rules_from_json(zones_to_json(rules), rules_to_json(rules)) == rules


def test_every_type_of_rule_goes_to_the_database_and_back() -> None:
    assert {spec.type for spec in RULES.values()} == {
        "presence", "loitering", "stop", "crowd", "crossing", "wrong_way", "count", "checkpoint",
    }  # fmt: skip


def test_an_empty_array_of_rules_means_the_default_ones() -> None:
    assert rules_from_json("[]", "[]") == DEFAULT_RULES


def test_the_default_rules_stay_the_default_ones() -> None:
    assert rules_to_json(DEFAULT_RULES) == "[]"
    assert rules_from_json("[]", rules_to_json(DEFAULT_RULES)) == DEFAULT_RULES


def test_what_is_kept_becomes_a_file_that_says_the_same(tmp_path) -> None:
    rules = load_rules(EXAMPLE)
    text = rules_to_yaml(zones_to_json(rules), rules_to_json(rules))
    assert "村口" in text
    assert read(tmp_path, text) == rules


def test_every_mistake_of_a_document_has_its_place() -> None:
    document = {"zones": [], "rules": [{"id": "a", "type": "presense"}, {"id": "b", "type": 1}]}
    with pytest.raises(RulesRefusedError) as refused:
        rules_from_document(document)
    assert [one.location for one in refused.value.found] == [("rules", 0, "type"), ("rules", 1)]
    assert "rules.0.type: no rule type 'presense'" in str(refused.value)
