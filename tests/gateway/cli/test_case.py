"""gridpatrol case: what is to be done, and doing it from a shell."""

from getpass import getuser

import pytest

from gateway.secrets import SecretBox
from gateway.store import Store


@pytest.fixture
def opened(data_dir, samples):
    """Two incidents in the data directory."""
    data_dir.mkdir(parents=True)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        return samples.fill(store, 2)


def test_steps_from_a_shell(gridpatrol, opened):
    shown = gridpatrol("case", "step", "i-0", "confirm", "--note", "真的").out
    assert "yellow person_presence: screened" in shown
    assert f"admin cli:{getuser()}" in shown
    assert "真的" in shown
    gridpatrol("case", "step", "i-0", "report")
    (told,) = gridpatrol(
        "case", "step", "i-0", "assign", "--to", "王五", "--until", "2099-05-01T18:00", "--json"
    ).objects
    assert (told["case"]["handler"], told["case"]["deadline"]) == (
        "王五",
        "2099-05-01T10:00:00.000Z",
    )
    lines = gridpatrol("case", "list").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["i-1", "discovered"], ["i-0", "assigned"]]
    (mine,) = gridpatrol("case", "list", "--handler", "王五", "--json").objects
    assert mine["id"] == "i-0"
    assert "next: assign, start, dismiss" in gridpatrol("case", "show", "i-0").out


def test_what_cannot_be_done_says_why(refused, opened):
    said = refused(21, "case", "step", "i-0", "start")
    assert "start at discovered is not for a admin: it is for platform" in said
    refused(13, "case", "show", "i-9")
