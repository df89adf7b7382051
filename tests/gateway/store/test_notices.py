"""Notices and the position in the news are one; targets keep their addresses encrypted."""

from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.errors import NotFoundError
from gateway.store import Store
from gateway.store.notices import NewNotice, NoticeState
from vision.types import ChangeType, Severity

NOW = utc_now()


def notice(event: str, target: str = "duty", subject: str = "gate/crowd", **more) -> NewNotice:
    values = {"due_at": NOW, "severity": Severity.YELLOW, "line": event, "occasion": "opened"}
    return NewNotice(target=target, event_id=event, case_id="i", subject=subject, **values | more)


def test_news_begin_with_the_first_target_and_are_looked_through_once(
    store: Store, samples
) -> None:
    samples.fill(store, 2)
    assert store.notices.fresh(10) == ()
    store.notices.put_target("duty", "{}", "json://h")
    assert store.notices.fresh(10) == ()
    samples.fill(store, 3, "n")
    store.notices.put_target("other", "{}", "json://h")
    first, second, third = store.notices.fresh(10)
    assert [one.message.incident_id for one in (first, second, third)] == ["n-0", "n-1", "n-2"]
    store.notices.keep([notice("a")], second.message.seq, NOW)
    store.notices.keep([notice("late")], first.message.seq, NOW)
    assert [one.message.seq for one in store.notices.fresh(10)] == [third.message.seq]
    assert [one.event_id for one in store.notices.log()] == ["a"]


def test_a_change_comes_with_what_was_said_before(store: Store, samples) -> None:
    store.notices.put_target("duty", "{}", "json://h")
    samples.fill(store, 1)
    change = samples.change("i-0", ChangeType.UPDATED, 1, severity=Severity.RED)
    store.incidents.record(change, samples.origin, (), samples.compose)
    opened, updated = store.notices.fresh(10)
    assert (opened.before_body, updated.before_body) == (None, opened.message.body)


def test_what_is_due_is_told_put_off_and_settled(store: Store) -> None:
    later = NOW + timedelta(minutes=5)
    made = [notice("a"), notice("b", "busy"), notice("c", due_at=later)]
    cooled = notice("d", state=NoticeState.COOLED, subject="gate/fire")
    store.notices.keep([*made, cooled], 1, NOW)
    (due,) = store.notices.due(NOW, ("busy",), 10)
    assert (due.event_id, due.attempts, due.state) == ("a", 0, NoticeState.WAITING)
    store.notices.begin([due.id])
    store.notices.put_off([due.id], later, "not now")
    assert [one.event_id for one in store.notices.due(NOW, (), 10)] == ["b"]
    assert store.notices.digest_at("duty", "") == later
    store.notices.settle([due.id], NoticeState.TOLD, "", later)
    store.notices.settle([due.id], NoticeState.FAILED, "too late", later)
    told = next(one for one in store.notices.log("duty") if one.event_id == "a")
    assert (told.state, told.attempts, told.settled_at) == (NoticeState.TOLD, 1, later)
    assert store.notices.last_of("duty", "gate/crowd").event_id == "c"
    assert store.notices.last_of("duty", "gate/fire") is None
    assert store.notices.last_of("nobody", "gate/crowd") is None


def test_targets_are_kept_changed_and_removed_with_what_waits(store: Store) -> None:
    with pytest.raises(NotFoundError, match="needs its address"):
        store.notices.put_target("duty", "{}")
    store.notices.put_target("duty", "{}", "json://secret")
    store.notices.put_target("duty", '{"unit": "east"}')
    assert [(one.name, one.wishes) for one in store.notices.targets()] == [
        ("duty", '{"unit": "east"}')
    ]
    assert store.notices.url("duty") == "json://secret"
    store.notices.keep([notice("a"), notice("b", "other")], 1, NOW)
    store.notices.remove_target("duty")
    assert [(one.event_id, one.state.value) for one in store.notices.log()] == [
        ("b", "waiting"),
        ("a", "failed"),
    ]
    for refused in (store.notices.url, store.notices.remove_target):
        with pytest.raises(NotFoundError):
            refused("duty")
