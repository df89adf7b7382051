"""gridpatrol audit: who did what, where the log stands, and whether it is whole."""

from getpass import getuser

import pytest
from sqlalchemy import text

from gateway.secrets import SecretBox
from gateway.store import Store


@pytest.fixture
def acted(gridpatrol, data_dir, samples) -> Store:
    """Return a store in which a person confirmed an incident from a shell."""
    data_dir.mkdir(parents=True)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        samples.fill(store, 1)
        store.users.bootstrap_admin()
        gridpatrol("case", "step", "i-0", "confirm")
        gridpatrol("reset-password", "admin")
        yield store


def test_what_was_done_is_listed_by_who_what_and_when(gridpatrol, acted):
    me = f"cli:{getuser()}"
    newest, step, first = gridpatrol("audit", "list", "--json").objects
    assert (newest["actor"], newest["action"], newest["object"]) == (
        me,
        "password_reset",
        "user/admin",
    )
    assert (step["actor"], step["action"], step["object"]) == (me, "case_step", "case/i-0")
    assert (first["actor"], first["action"]) == ("gridpatrol", "user_added")
    assert gridpatrol("audit", "list", "--object", "case/i-0", "--json").objects == [step]
    assert gridpatrol("audit", "list", "--since", "2099-01-01", "--json").objects == []
    table = gridpatrol("audit", "list", "--actor", me, "--action", "case_step").out.splitlines()
    assert table[1].split()[0] == "2"
    assert "screened" in table[1]


def test_a_whole_log_is_said_to_be_and_a_forged_one_is_not(gridpatrol, acted):
    head = gridpatrol("audit", "head").out.strip()
    assert gridpatrol("audit", "head", "--json").objects == [
        {"seq": 3, "hash": head.partition(":")[2]}
    ]
    assert head in gridpatrol("audit", "verify", "--head", head).out
    with acted._database.write() as connection:
        connection.execute(text("DROP TRIGGER audit_keeps_records"))
        connection.execute(text("UPDATE audit SET actor = 'wu' WHERE seq = 2"))
    outcome = gridpatrol("audit", "verify")
    assert (outcome.exit_code, outcome.out) == (31, "record 2: altered\n")
    assert "broken at 1 places" in outcome.err
    assert gridpatrol("audit", "verify", "--since", "2099-01-01").exit_code == 0


@pytest.mark.parametrize("head", ["3", "x:y", "3:abc", f"-1:{'0' * 64}"])
def test_what_is_no_head_is_refused(refused, head):
    assert "SEQ:HASH" in refused(3, "audit", "verify", "--head", head)


def test_a_log_shorter_than_a_head_noted_outside_was_cut(gridpatrol, acted):
    outcome = gridpatrol("audit", "verify", "--head", f"9:{'a' * 64}", "--json")
    assert outcome.exit_code == 31
    assert outcome.objects == [{"seq": 9, "fault": "cut"}]
