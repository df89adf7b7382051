"""Every text of the console is translated, no translation is left over, every code has a word."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from gateway.analysis.eye import PACKETS_GREW
from gateway.api.services import CONSOLE_DIR, LOCALE_DIR
from gateway.audit.act import AuditAction
from gateway.audit.chain import Fault
from gateway.dispatch.relay import QueueState
from gateway.finding import FindingKind
from gateway.inventory_columns import ADVICE
from gateway.inventory_plan import Action
from gateway.locales import Catalogues
from gateway.notify.target import Occasion
from gateway.onvif.imaging import FIELDS, IR_CUT_MODES
from gateway.packets import ClockSource, Transport
from gateway.patrol.round import Standing, Verdict
from gateway.session import SessionState
from gateway.store.evidence import EvidenceType
from gateway.store.inventory import RecordMode
from gateway.store.notices import NoticeState
from gateway.store.users import Role
from gateway.suppression.proposals import Remedy
from gateway.workflow.case import Action as CaseAction
from gateway.workflow.case import FalseAlarm, Level, Outcome, Party, Step
from vision.arming import Arming, OnHolidays, Weekday
from vision.attention import CAMERA_TOLD, MOTION, OBJECT, Interest
from vision.crossings import Direction
from vision.health import FAULT_KINDS
from vision.rule import RuleSpec
from vision.rules import RULES
from vision.scene import Line, Scene, View
from vision.scheduler import Rung
from vision.types import Condition, FrameSize, Severity
from vision.water.conditions import SPECS
from vision.water.state import Reason
from vision.water.types import Passability, PlaceType, RainState, Unseen, WaterState

CALL = re.compile(r"""\b(?:t|msg)\(\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|(?P<other>["'`][^,)]*))""")
"""A marked text: `t("…")` or `msg("…")`. `other` are spellings that this search would miss."""
PLACE = re.compile(r"\{\w+\}")
SOURCES = sorted([*CONSOLE_DIR.glob("*.js"), *CONSOLE_DIR.glob("elements/*.js")])
CHINESE = LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / "gridpatrol.po"


def marked(source: Path) -> set[str]:
    """Return the texts of one file; fails on one that is not written as a plain literal."""
    found = set()
    for call in CALL.finditer(source.read_text("utf-8")):
        assert call["other"] is None, f"{source.name}: write {call[0]} with double quotes"
        found.add(call["text"])
    return found


@pytest.fixture(scope="module")
def texts() -> set[str]:
    return set().union(*map(marked, SOURCES))


def table(name: str) -> set[str]:
    """Return the keys of one table of the files of words."""
    files = (
        "vocabulary.js",
        "camera-words.js",
        "water-words.js",
        "case-words.js",
        "patrol-words.js",
        "proposal-words.js",
        "administration-words.js",
        "rule-words.js",
    )
    source = "".join((CONSOLE_DIR / file).read_text("utf-8") for file in files)
    body = re.search(rf"const {name} = \{{\n(.*?)\n\}};", source, re.DOTALL)
    assert body, f"there is no table {name}"
    return set(re.findall(r"^  (\w+):", body[1], re.MULTILINE))


def test_the_search_finds_the_texts(texts):
    assert {"Sign in", "No picture since {time}", "Queue in order"} <= texts


def test_every_text_has_a_chinese_translation_and_none_is_left_over(texts):
    translated = Catalogues.load(LOCALE_DIR).words["zh-CN"]
    assert translated.keys() == texts


def test_translations_keep_the_places_to_be_filled():
    with CHINESE.open("rb") as file:
        for message in read_po(file):
            assert set(PLACE.findall(message.id)) == set(PLACE.findall(message.string)), message.id


def test_both_languages_are_served():
    assert Catalogues.load(LOCALE_DIR).languages == ("en", "zh-CN")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("STATES", SessionState),
        ("STATE_ADVICE", SessionState),
        ("SEVERITY_WORDS", Severity),
        ("EVIDENCE", EvidenceType),
        ("CLOCKS", ClockSource),
        ("QUEUE_STATES", QueueState),
        ("RECORD_MODES", RecordMode),
        ("TRANSPORTS", Transport),
        ("ACTIONS", Action),
        ("MISTAKES", ADVICE),
        ("KNOBS", FIELDS),
        ("INTERESTS", [interest.name.lower() for interest in Interest]),
        ("REASONS", [MOTION, OBJECT, PACKETS_GREW, CAMERA_TOLD]),
        ("RUNGS", Rung),
        ("IR_CUT_MODES", IR_CUT_MODES),
        ("WATER_STATES", WaterState),
        ("PASSABILITIES", Passability),
        ("UNSEEN", Unseen),
        ("RAIN", RainState),
        ("WATER_REASONS", Reason),
        ("STEPS", Step),
        ("CASE_ACTIONS", CaseAction),
        ("FALSE_ALARMS", FalseAlarm),
        ("PARTIES", Party),
        ("OUTCOMES", Outcome),
        ("CASE_LEVELS", Level),
        ("STANDINGS", Standing),
        ("VERDICTS", Verdict),
        ("REMEDIES", Remedy),
        ("ROLES", Role),
        ("WEEKDAYS", Weekday),
        ("ON_HOLIDAYS", OnHolidays),
        ("OCCASIONS", Occasion),
        ("NOTICE_STATES", NoticeState),
        ("CHAIN_FAULTS", Fault),
        ("AUDIT_ACTIONS", AuditAction),
        ("RULE_TYPES", RULES),
        ("WATER_PLACES", PlaceType),
    ],
)
def test_every_code_of_the_api_has_a_word(name, codes):
    assert table(name) == {str(code) for code in codes}


def test_every_fault_of_health_has_a_word():
    assert table("KINDS") >= FAULT_KINDS | SPECS.keys()
    assert table("KINDS") >= {*FindingKind, "round_missed"}
    assert table("KIND_ICONS") <= FAULT_KINDS


def needed(spec: type[RuleSpec]) -> dict[str, object]:
    """Return what a rule of this type cannot do without."""
    known = {"line": "wire", "arming": Arming(hours=("22:00-06:00",))}
    return {field.name: known[field.name] for field in fields(spec) if field.name in known}


@pytest.mark.parametrize("spec", RULES.values(), ids=RULES)
def test_every_incident_of_every_rule_has_a_name_and_its_readings_too(spec):
    view = View((), (Line("wire", (0.0, 0.5), (1.0, 0.5)),))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    rule = spec(id="r", **needed(spec)).build(view)
    found = rule.judge(Scene(at, FrameSize(640, 360), ()), 0.0)
    conditions = [one for one in found if isinstance(one, Condition)]
    assert {one.kind for one in conditions} <= table("KINDS")
    assert {name for one in conditions for name in one.readings} <= table("READINGS")
    assert {f"peak_{name}" for name in spec.peaks} <= table("READINGS")


@pytest.mark.parametrize("spec", RULES.values(), ids=RULES)
def test_every_number_of_every_rule_can_be_set(spec):
    source = (CONSOLE_DIR / "rule-words.js").read_text("utf-8")
    row = re.search(rf"^  {spec.type}: .*settings: \[(.*?)\]", source, re.MULTILINE)
    shared = re.search(r"const INCIDENT = \[(.*?)\];", source)
    offered = {*re.findall(r'"(\w+)"', row[1]), *re.findall(r'"(\w+)"', shared[1])}
    numbers = {field.name for field in fields(spec) if "low" in field.metadata}
    assert numbers - {"min_height_ratio", "max_height_ratio"} <= offered
    assert numbers <= table("RULE_SETTINGS")
    assert offered - numbers == set()


def test_a_halt_has_a_name_too():
    assert {"vehicle_stopped"} <= table("KINDS")
    assert {"stood_s"} <= table("READINGS")
    assert table("DIRECTIONS") == {part.value for part in Direction.BOTH.parts}


def test_every_kind_that_people_may_report_is_offered():
    source = (CONSOLE_DIR / "patrol-words.js").read_text("utf-8")
    offered = re.search(r"FINDING_KINDS = \[(.*?)\];", source, re.DOTALL)
    assert offered
    assert set(re.findall(r'"(\w+)"', offered[1])) == set(FindingKind)
