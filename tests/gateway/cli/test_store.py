"""A store is moved by command, refused while gridpatrol runs, and the old one stays."""

from gateway.directory_lock import hold


def test_a_store_is_moved_once(gridpatrol, refused, data_dir, tmp_path):
    gridpatrol("units", "set", "town", "--name", "湖镇", "--level", "town")
    target = f"sqlite:///{tmp_path / 'new.db'}"
    moved = gridpatrol("store", "move", "--to", target, "--json")
    assert {"name": "units", "rows": 1} in moved.objects
    assert "the audit log is whole there" in moved.err
    assert "is in use" in refused(10, "store", "move", "--to", target)
    assert "湖镇" in gridpatrol("units", "list").out


def test_not_while_it_runs(gridpatrol, refused, data_dir, tmp_path):
    gridpatrol("units", "list")
    with hold(data_dir, data_dir):
        said = refused(11, "store", "move", "--to", f"sqlite:///{tmp_path / 'new.db'}")
    assert "stop it" in said
    assert not (tmp_path / "new.db").exists()
