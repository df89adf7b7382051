"""`cameras …` against a real camera: files in and out, mistakes told, secrets kept."""

import stat

import pytest

from gateway.rules_file import rules_from_json
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera

PASSWORD = "right-Pa55word"


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream(pictures=50, gop=10).packets]


@pytest.fixture
def camera_url(rtsp_camera, units):
    """Return the URL of a camera that asks for a password."""
    return rtsp_camera(units, "--fps", "25", "--user", "admin", "--password", PASSWORD).url


@pytest.fixture
def file(tmp_path, camera_url):
    """Return a file of one camera that answers and one that does not."""
    path = tmp_path / "cameras.csv"
    path.write_bytes(
        "编号,名称,网格,用户名,密码,主码流\r\n"
        f"gate,村口,第三网格,admin,{PASSWORD},{camera_url}\r\n"
        "gone,水塘,,,,rtsp://127.0.0.1:9/live\r\n".encode("gb18030")
    )
    return path


@pytest.fixture
def store(data_dir):
    """Return an opener of the store behind the commands."""
    return lambda: Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key"))


def test_a_dry_run_says_what_would_be_done_and_does_nothing(gridpatrol, file):
    outcome = gridpatrol("cameras", "import", file, "--dry-run", "--json")
    assert outcome.exit_code == 0
    assert [(one["type"], one["action"], one["camera"]) for one in outcome.objects] == [
        ("planned", "add", "gate"), ("planned", "add", "gone"),
    ]  # fmt: skip
    assert "2 to add" not in outcome.out
    assert gridpatrol("cameras", "list", "--json").out == ""


def test_only_what_gives_pictures_is_stored(gridpatrol, file, store):
    outcome = gridpatrol("cameras", "import", file, "--json")
    assert outcome.exit_code == 1
    codes = {one["camera_id"]: one["code"] for one in outcome.objects if one["type"] == "outcome"}
    assert codes == {"gate": "", "gone": "unreachable"}
    assert PASSWORD not in outcome.out + outcome.err
    with store() as opened:
        assert [one.id for one in opened.inventory.cameras()] == ["gate"]
        assert opened.inventory.password("gate") == PASSWORD
    shown = gridpatrol("cameras", "show", "gate").out
    assert "村口" in shown
    assert "sessions_allowed" in shown
    assert PASSWORD not in shown
    again = gridpatrol("cameras", "import", file, "--dry-run", "--json").objects
    assert [one["action"] for one in again] == ["keep", "add"]


def test_cameras_may_be_stored_untried(gridpatrol, file, store):
    assert gridpatrol("cameras", "import", file, "--no-test").exit_code == 0
    with store() as opened:
        assert [one.id for one in opened.inventory.cameras()] == ["gate", "gone"]


def test_a_file_with_mistakes_changes_nothing(gridpatrol, tmp_path):
    path = tmp_path / "cameras.yaml"
    path.write_text("cameras:\n  - id: Bad\n    latitude: 95\n    main_uri: rtsp://h/1\n", "utf-8")
    outcome = gridpatrol("cameras", "import", path)
    assert outcome.exit_code == 3
    assert "nothing was imported" in outcome.err
    assert outcome.out.count("Give a latitude") == 1
    assert gridpatrol("cameras", "import", path, "--dry-run").exit_code == 3
    assert gridpatrol("cameras", "list", "--json").out == ""
    assert gridpatrol("cameras", "import", path, "--skip-bad").exit_code == 0


def test_an_export_comes_back_and_passwords_stay_with_their_owner(
    gridpatrol, refused, file, tmp_path
):
    gridpatrol("cameras", "import", file, "--no-test")
    printed = gridpatrol("cameras", "export").out
    assert "村口" in printed
    assert PASSWORD not in printed
    assert "name one" in refused(3, "cameras", "export", "--passwords")
    kept = tmp_path / "kept.yaml"
    kept.touch(mode=0o644)
    assert gridpatrol("cameras", "export", kept, "--passwords").exit_code == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert PASSWORD in kept.read_text("utf-8")
    outcome = gridpatrol("cameras", "import", kept, "--dry-run", "--json")
    assert [one["action"] for one in outcome.objects] == ["keep", "keep"]


@pytest.mark.slow
def test_a_camera_is_edited_tested_and_removed(gridpatrol, refused, file):
    gridpatrol("cameras", "import", file, "--no-test")
    words = ("--name", "村口东", "--disable", "--record", "continuous", "--latitude", "30.5")
    assert gridpatrol("cameras", "edit", "gate", *words).exit_code == 0
    (camera,) = gridpatrol("cameras", "show", "gate", "--json").objects
    assert (camera["name"], camera["enabled"], camera["record"]) == ("村口东", False, "continuous")
    assert camera["latitude"] == 30.5
    (tested,) = gridpatrol("cameras", "test", "gate", "--json").objects
    assert tested["survey"]["main"]["codec"] == "h264"
    outcome = gridpatrol("cameras", "test", "--json")
    assert outcome.exit_code == 1
    assert [one["code"] for one in outcome.objects] == ["", "unreachable"]
    assert gridpatrol("cameras", "remove", "gone").exit_code == 0
    listed = gridpatrol("cameras", "list", "--json").objects
    assert [one["id"] for one in listed] == ["gate"]
    refused(13, "cameras", "remove", "gone")
    refused(3, "cameras", "edit", "gate")


def test_files_that_cannot_be_read_or_written(refused, gridpatrol, tmp_path):
    refused(13, "cameras", "import", tmp_path / "none.csv")
    assert "cannot be written" in refused(3, "cameras", "export", tmp_path / "no" / "file.csv")


def test_ranges_are_asked(gridpatrol, refused, camera_url):
    port = camera_url.rpartition(":")[2].partition("/")[0]
    outcome = gridpatrol("discover", "--range", "127.0.0.1", "--port", port, "--json")
    (found,) = outcome.objects
    assert (found["address"], found["protocol"]) == (f"127.0.0.1:{port}", "rtsp")
    assert "yours to ask" in refused(3, "discover", "--range", "8.8.8.8", "--json")


@pytest.mark.slow
def test_a_brands_camera_is_added(gridpatrol, rtsp_camera, units):
    camera = rtsp_camera(units, "--fps", "25", "--path", "/stream1", "--path", "/stream2")
    words = ("--brand", "tplink", "--name", "gate", "--json")
    (added,) = gridpatrol("add-camera", f"127.0.0.1:{camera.port}", *words).objects
    assert added["main_uri"] == f"rtsp://127.0.0.1:{camera.port}/stream1"
    assert added["sub_uri"] == f"rtsp://127.0.0.1:{camera.port}/stream2"
    assert '"sessions_allowed"' in added["survey"]


RULES = """\
zones:
  - {id: gate, name: 村口, polygon: [[0.1, 0.5], [0.9, 0.5], [0.9, 1]]}
rules:
  - {id: in, type: presence, zone: gate, kinds: [person]}
"""


@pytest.fixture
def known(data_dir, store):
    """Keep a camera without rules of its own; return its id."""
    data_dir.mkdir(parents=True)
    with store() as opened:
        opened.inventory.add(Camera("gate", "村口"))
    return "gate"


def test_rules_are_set_from_a_file_and_what_is_shown_may_be_set_again(
    gridpatrol, known, store, tmp_path
):
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, encoding="utf-8")
    outcome = gridpatrol("cameras", "rules", known, "--set", file)
    assert (outcome.exit_code, outcome.out) == (0, "")
    assert "1 zones, 0 lines, 1 rules" in outcome.err
    with store() as opened:
        camera, (change,) = opened.inventory.get(known), opened.rule_changes.of(known)
    assert [rule.id for rule in rules_from_json(camera.zones, camera.rules).rules] == ["in"]
    assert change.by.startswith("cli:")
    shown = gridpatrol("cameras", "rules", known).out
    assert "村口" in shown
    file.write_text(shown, encoding="utf-8")
    assert "nothing changed" in gridpatrol("cameras", "rules", known, "--set", file).err
    (told,) = gridpatrol("cameras", "rules", known, "--json").objects
    assert told["rules"][0]["clear_s"] == 3.0


def test_rules_with_a_mistake_name_its_line_and_change_nothing(refused, known, store, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULES.replace("presence", "presense"), encoding="utf-8")
    said = refused(3, "cameras", "rules", known, "--set", file)
    assert "rules.yaml:4: rules.0.type" in said
    assert "presence" in said
    with store() as opened:
        assert opened.inventory.get(known).rules == "[]"
    assert "nowhere" in refused(13, "cameras", "rules", "nowhere")
