"""`cameras tune` and `restore` against a real ONVIF device: tables, JSON, exit codes."""

from dataclasses import replace

import pytest

from gateway.onvif import encoder as encoder_module
from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera

MAIN, SUB = "rtsp://127.0.0.1:554/main", "rtsp://127.0.0.1:554/sub"


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    monkeypatch.setattr(encoder_module, "READ_BACK_PAUSE_S", 0.0)


@pytest.fixture
def device(onvif_device, onvif_server):
    sub = onvif_server.Encoder(1280, 720)
    return onvif_device(encoders={"e1": onvif_server.Encoder(2560, 1440), "e2": sub})


@pytest.fixture
def town(data_dir, device):
    """Keep three cameras: one that answers, one that is gone, one that plays a film."""
    gate = Camera("gate", "gate", address=f"onvif://{device.address}", username="admin")
    gate = replace(gate, main_uri=MAIN, sub_uri=SUB)
    data_dir.mkdir()
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        store.inventory.add(gate, "right")
        store.inventory.add(replace(gate, id="gone", address="onvif://127.0.0.1:1"))
        store.inventory.add(Camera("film", "film", address="file:///film.mp4"))


def test_a_whole_town_and_back(gridpatrol, town, device):
    looked = gridpatrol("cameras", "tune", "--all", "--dry-run")
    assert looked.exit_code == 1, "one is gone"
    assert "1888 kbit/s, 94% of the pixels" in looked.out
    assert "h264 640x360 6/s key 12 160 kbit/s vbr" in looked.out
    assert "1 of 2 cameras; 1888 kbit/s less in all" in looked.err
    assert device.encoders["e2"].kbps == 2048
    tuned = gridpatrol("cameras", "tune", "--all", "--json")
    assert tuned.exit_code == 1
    gate, gone = tuned.objects
    assert (gate["camera"], gate["code"], gate["saved_kbps"]) == ("gate", "", 1888)
    assert gate["after"]["size"] == {"width": 640, "height": 360}
    assert (gone["code"], gone["after"]) == ("unreachable", None)
    assert device.encoders["e2"].kbps == 160
    undone = gridpatrol("cameras", "restore", "--all")
    assert undone.exit_code == 0
    assert device.encoders["e2"].kbps == 2048
    audit = gridpatrol("audit", "list", "--object", "camera/gate", "--json").objects
    actors = {one["action"]: one["actor"] for one in audit}
    for action in ("stream_tuned", "stream_restored"):
        assert actors[action].startswith("cli:")


def test_as_wished(gridpatrol, town, device):
    wish = ("--fps", 8, "--key-s", 2.5, "--kbps", 512, "--size", "480x270", "--mode", "cbr")
    assert gridpatrol("cameras", "tune", "gate", *wish).exit_code == 0
    sub = device.encoders["e2"]
    assert (sub.fps, sub.gop, sub.kbps, sub.width, sub.constant) == (8, 20, 512, 480, True)


def test_new_cameras_of_a_file_are_tuned_with_consent(gridpatrol, device, tmp_path):
    file = tmp_path / "cameras.csv"
    row = f"gate,gate,onvif://{device.address},admin,right,{MAIN},{SUB}"
    file.write_text(f"id,name,address,username,password,main_uri,sub_uri\n{row}\n", "utf-8")
    outcome = gridpatrol("cameras", "import", file, "--no-test", "--tune")
    assert outcome.exit_code == 0
    assert "1888 kbit/s, 94% of the pixels" in outcome.out
    assert device.encoders["e2"].kbps == 160


@pytest.mark.parametrize(
    ("exit_code", "words", "told"),
    [
        (3, ("tune",), "name cameras, or give --all"),
        (3, ("restore", "gate", "--all"), "name cameras, or give --all"),
        (3, ("tune", "gate", "--size", "wide"), "write 640x360"),
        (3, ("tune", "gate", "--mode", "abr"), "neither vbr nor cbr"),
        (13, ("tune", "nowhere"), "there is no camera nowhere"),
    ],
)
def test_what_cannot_be_meant(refused, town, device, exit_code, words, told):
    assert told in refused(exit_code, "cameras", *words)
    assert device.asked == []


def test_what_cannot_be_tuned_is_told_beside_the_others(gridpatrol, town, device):
    outcome = gridpatrol("cameras", "tune", "gate", "film", "--json")
    assert outcome.exit_code == 1
    codes = {one["camera"]: one["code"] for one in outcome.objects}
    assert codes == {"gate": "", "film": "not_found"}
    never = gridpatrol("cameras", "restore", "film", "--json")
    assert (never.exit_code, never.objects[0]["code"]) == (1, "not_found")
