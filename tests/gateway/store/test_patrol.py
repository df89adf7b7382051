"""Rounds in the store, on every kind of database: written once, walked, ended once, forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotFoundError, RoundRefusedError
from gateway.finding import FINDING, Finding, FindingSource
from gateway.patrol.round import Outcome, Verdict
from gateway.patrol_file import PlanBody
from gateway.store.attachments import Attachment
from gateway.store.evidence import Evidence, EvidenceType, evidence_id
from gateway.store.patrol import CheckIn, Proof
from gateway.workflow.case import Action, Actor, Deed, Party

EIGHT = datetime(2026, 7, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = PlanBody.model_validate(
    {
        "routes": [
            {
                "id": "village",
                "name": "早晚巡",
                "at": ["08:00", "20:00"],
                "stops": [{"camera": "gate"}, {"camera": "gate", "preset": "2"}],
            }
        ]
    }
)
PROOF = Proof("patrol/a.jpg", "a" * 64, 9, EIGHT)


@pytest.fixture
def patrol(store):
    store.patrol.put_plan(PLAN, "admin", EIGHT - MINUTE, UTC)
    return store.patrol


def walk(patrol, round_id: str, stop: str, at: datetime):
    patrol.arrive(round_id, stop, "张三", at)
    return patrol.check_in(round_id, CheckIn(stop, "张三", at, at, Verdict.NORMAL, "", PROOF))


def test_rounds_are_written_once_however_often_and_late_one_looks(patrol):
    assert patrol.advance(EIGHT - timedelta(seconds=1), UTC) == 0
    for hours in (0, 0, 1, 30, 30):
        patrol.advance(EIGHT + timedelta(hours=hours), UTC)
    kept = patrol.rounds(EIGHT, EIGHT + timedelta(days=9))
    assert [one.round.due_at for one in kept] == [
        EIGHT + timedelta(hours=12 * number) for number in range(3)
    ]
    assert [one.outcome for one in kept] == [Outcome.MISSED] * 3
    assert [one.settled_at for one in kept] == [one.round.missed_at for one in kept]


def test_a_round_ends_with_its_last_stop_and_is_then_closed(patrol):
    patrol.advance(EIGHT, UTC)
    (due,) = patrol.rounds(EIGHT, EIGHT + MINUTE)
    assert [one.id for one in due.round.stops] == ["gate", "gate@2"]
    round_id = due.round.id
    assert walk(patrol, round_id, "gate", EIGHT + MINUTE).outcome is None
    assert [one.round.id for one in patrol.undone("village")] == [round_id]
    done = walk(patrol, round_id, "gate@2", EIGHT + 40 * MINUTE)
    assert (done.outcome, done.by, done.checkins["gate"].proof) == (Outcome.LATE, "张三", PROOF)
    assert patrol.undone("village") == ()
    with pytest.raises(RoundRefusedError, match="ended"):
        patrol.skip(round_id, "李四", "late", EIGHT + 41 * MINUTE)
    with pytest.raises(NotFoundError):
        patrol.get("nowhere")


def test_pictures_are_forgotten_once(patrol):
    patrol.advance(EIGHT, UTC)
    (due,) = patrol.rounds(EIGHT, EIGHT + MINUTE)
    walk(patrol, due.round.id, "gate", EIGHT + MINUTE)
    assert patrol.forget_pictures(EIGHT) == ()
    assert patrol.forget_pictures(EIGHT + MINUTE) == ("patrol/a.jpg",)
    assert patrol.forget_pictures(EIGHT + MINUTE) == ()
    assert patrol.get(due.round.id).checkins["gate"].proof.sha256 == "a" * 64


def test_the_first_to_take_a_note_over_is_kept(store):
    left = store.handovers.add("张三", "早班", "东门灯坏", EIGHT)
    store.handovers.take(left.id, "李四", EIGHT + MINUTE)
    taken = store.handovers.take(left.id, "王五", EIGHT + 2 * MINUTE)
    assert (taken.taken_by, taken.taken_at) == ("李四", EIGHT + MINUTE)
    assert store.handovers.newest() == (taken,)


def test_a_finding_and_files_of_a_step_are_kept_with_the_case(store, samples):
    change = samples.change("i-1", rule_type=FINDING)
    by = Actor(Party.REPORTER, "信息员")
    finding = Finding(FindingSource.PHOTO, by, "垃圾", "桥头", 30.1, 120.2)
    stored = store.incidents.record(change, samples.origin, (), samples.compose, finding)
    assert stored.finding == finding
    assert store.incidents.interrupt("gate", EIGHT, samples.compose) == ()
    paper = Evidence(
        evidence_id("i-1", EvidenceType.FILE, "b" * 64), "i-1", EvidenceType.FILE,
        "evidence/b.pdf", "b" * 64, 9, EIGHT,
    )  # fmt: skip
    deed = Deed(Action.COMMENT, Actor(Party.OPERATOR, "李四"), EIGHT, "见附件")
    store.cases.take("i-1", deed, 0, lambda _news: "{}", (Attachment(paper, "结论.pdf"),))
    file = store.cases.get("i-1")
    assert file.trail[0].deed.actor == by
    assert file.attachments == {1: (Attachment(paper, "结论.pdf"),)}
