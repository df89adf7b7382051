"""Units and users by command."""

from gateway.cli.users import RoleName
from gateway.store.users import Role

FILE = """\
units:
- {id: town, name: 湖镇, level: town}
- {id: east, name: 东山村, level: village, parent: town}
"""


def test_a_tree_is_imported_changed_and_exported(gridpatrol, refused, tmp_path):
    file = tmp_path / "units.yaml"
    file.write_text(FILE, "utf-8")
    assert "2 units" in gridpatrol("units", "import", file).err
    gridpatrol("units", "set", "g-1", "--name", "第一网格", "--level", "grid", "--parent", "east")
    gridpatrol("units", "set", "east", "--name", "东山社区")
    listed = gridpatrol("units", "list", "--json").objects
    assert [(one["id"], one["name"], one["parent"]) for one in listed] == [
        ("town", "湖镇", None),
        ("east", "东山社区", "town"),
        ("g-1", "第一网格", "east"),
    ]
    assert "东山社区" in gridpatrol("units", "list").out
    copy = tmp_path / "copy.yaml"
    gridpatrol("units", "export", copy)
    assert gridpatrol("units", "export").out == copy.read_text("utf-8")
    assert "east lies in town" not in refused(3, "units", "set", "new")
    assert "lies in east" in refused(3, "units", "set", "east", "--remove")
    gridpatrol("units", "set", "g-1", "--parent", "-")
    gridpatrol("units", "set", "east", "--remove")
    assert [one["id"] for one in gridpatrol("units", "list", "--json").objects] == ["town", "g-1"]
    refused(13, "units", "set", "east", "--remove")
    refused(13, "units", "import", tmp_path / "none.yaml")


def test_users_are_added_moved_and_listed(gridpatrol, refused):
    gridpatrol("units", "set", "town", "--name", "湖镇", "--level", "town")
    added = gridpatrol("users", "add", "li", "--unit", "town")
    assert len(added.out.strip()) == 19
    gridpatrol("users", "add", "wu", "--role", "reporter")
    gridpatrol("users", "move", "wu", "town")
    gridpatrol("users", "move", "li", "-")
    listed = gridpatrol("users", "list", "--json").objects
    assert [(one["username"], one["role"], one["unit"]) for one in listed] == [
        ("li", "operator", None),
        ("wu", "reporter", "town"),
    ]
    assert "reporter" in gridpatrol("users", "list").out
    refused(3, "users", "add", "li")
    refused(13, "users", "move", "li", "north")


def test_a_role_is_changed_but_not_of_the_last_administrator(gridpatrol, refused):
    gridpatrol("users", "add", "chief", "--role", "admin")
    gridpatrol("users", "add", "li")
    assert "only administrator" in refused(3, "users", "role", "chief", "operator")
    gridpatrol("users", "role", "li", "admin")
    gridpatrol("users", "role", "chief", "reporter")
    listed = gridpatrol("users", "list", "--json").objects
    assert {one["username"]: one["role"] for one in listed} == {"chief": "reporter", "li": "admin"}
    refused(13, "users", "role", "nobody", "admin")


def test_who_has_left_is_shut_out_until_the_password_is_reset(gridpatrol, refused):
    for name in ("chief", "li"):
        gridpatrol("users", "add", name, "--role", "admin")
    gridpatrol("users", "disable", "li")
    listed = gridpatrol("users", "list", "--json").objects
    assert {one["username"]: one["is_disabled"] for one in listed} == {"chief": False, "li": True}
    assert "only administrator" in refused(3, "users", "disable", "chief")
    gridpatrol("reset-password", "li")
    assert not any(one["is_disabled"] for one in gridpatrol("users", "list", "--json").objects)


def test_every_role_can_be_given():
    assert set(RoleName.__args__) == {role.value for role in Role}
