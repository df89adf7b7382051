"""What people do is told in the audit log with the change itself: who, what, to which thing."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.audit.act import NOBODY, SYSTEM
from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import PasswordRefusedError
from gateway.store import Store
from gateway.store.audit_log import AuditFilter
from gateway.store.inventory import Camera
from gateway.store.rule_changes import RuleChange
from gateway.store.tables import outbox
from gateway.store.users import FREE_TRIES
from gateway.workflow.case import Action, Actor, Deed, Party

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def told(store: Store):
    """Return what was told, the oldest first: actor, action, object, detail."""

    def read(after: int = 0) -> list[tuple[str, str, str, dict[str, object]]]:
        found = store.audit.newest(AuditFilter(), limit=100)
        assert store.audit.breaks() == ()
        return [
            (one.actor, one.action, one.object, json.loads(one.detail))
            for one in reversed(found)
            if one.seq > after
        ]

    return read


def test_changes_of_cameras_name_who_and_what_and_no_secret(store: Store, told) -> None:
    inventory = store.acting_as("li").inventory
    inventory.add(Camera("gate", "村口", main_uri="rtsp://192.0.2.7/1"), "secret")
    gate = inventory.get("gate")
    inventory.replace(gate)
    inventory.replace(replace(gate, survey="{}"))
    inventory.replace(replace(gate, water="{}", unit="东山村"))
    inventory.set_password("gate", "other secret")
    store.inventory.remove("gate")
    assert told() == [
        ("li", "camera_added", "camera/gate", {"name": "村口"}),
        ("li", "camera_changed", "camera/gate", {"changed": "unit water"}),
        ("li", "camera_changed", "camera/gate", {"changed": "password"}),
        (SYSTEM, "camera_removed", "camera/gate", {}),
    ]
    assert "secret" not in str(store.audit.newest(AuditFilter()))


def test_changes_of_rules_name_who(store: Store, told) -> None:
    store.inventory.add(Camera("gate", "村口"))
    for _ in range(2):
        store.rule_changes.make(RuleChange("gate", NOW, "cli:root", "[]", '[{"id": "in"}]'))
    assert told(1) == [("cli:root", "rules_changed", "camera/gate", {})]


def test_signing_in_and_out_and_passwords(store: Store, told) -> None:
    password = store.users.bootstrap_admin()
    assert password is not None
    verdict = store.users.verify("admin", password, "192.0.2.9")
    assert verdict.user is not None
    token = store.sessions.begin(verdict.user)
    for _ in range(2):
        store.sessions.end(token)
    store.users.verify("admin", "nonsense", "192.0.2.9")
    store.users.verify("my-password-in-the-wrong-field", "x", "192.0.2.9")
    with pytest.raises(PasswordRefusedError):
        store.users.change_password("admin", password, "short")
    store.users.change_password("admin", password, "correct horse battery")
    store.acting_as("cli:root").users.reset_password("admin")
    assert told() == [
        (SYSTEM, "user_added", "user/admin", {"role": "admin"}),
        ("admin", "sign_in", "address/192.0.2.9", {}),
        ("admin", "sign_out", "user/admin", {}),
        ("admin", "sign_in_refused", "address/192.0.2.9", {}),
        (NOBODY, "sign_in_refused", "address/192.0.2.9", {}),
        ("admin", "password_changed", "user/admin", {}),
        ("cli:root", "password_reset", "user/admin", {}),
    ]


def test_a_locked_sign_in_is_told_once_an_hour(store: Store, told) -> None:
    password = store.users.bootstrap_admin()
    assert password is not None
    tries = FREE_TRIES["user"]
    for _ in range(tries + 3):
        store.users.verify("admin", "nonsense", "192.0.2.9", NOW)
    store.users.verify("admin", password, "192.0.2.10", NOW)
    actions = [(action, thing) for _, action, thing, _ in told(1)]
    assert actions == [("sign_in_refused", "address/192.0.2.9")] * tries + [
        ("sign_in_locked", "address/192.0.2.9"),
        ("sign_in_locked", "address/192.0.2.10"),
    ]


def test_each_deed_of_a_case_is_told_and_its_message_carries_the_head(
    store: Store, samples, told
) -> None:
    one, other = samples.fill(store, 2)
    li = Actor(Party.OPERATOR, "li")
    compose = CaseWriter("dongshan")
    store.cases.take(one, Deed(Action.CONFIRM, li, utc_now(), note="a name"), 0, compose)
    store.cases.take(other, Deed(Action.MERGE, li, utc_now(), other=one), 0, compose)
    heads = [record.head for record in reversed(store.audit.newest(AuditFilter()))]
    assert [(actor, action, thing) for actor, action, thing, _ in told()] == [
        ("li", "case_step", f"case/{one}"),
        ("li", "case_step", f"case/{one}"),
        ("li", "case_step", f"case/{other}"),
    ]
    assert told()[0][3] == {
        "did": "confirm",
        "party": "operator",
        "revision": 1,
        "step": "screened",
    }
    with store._database.read() as connection:
        bodies = connection.scalars(outbox.select().with_only_columns(outbox.c.body)).all()
    audits = [json.loads(body)["data"].get("audit") for body in bodies]
    noted = [audit for audit in audits if audit]
    assert noted == [{"seq": head.seq, "hash": head.hash} for head in heads]
