"""`probe`, `add-camera` and `discover` against real cameras, good and bad."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gateway.secrets import SecretBox
from gateway.store import Store

PASSWORD = "right-Pa55word"


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream(pictures=50, gop=10).packets]


@pytest.fixture
def digest_camera(rtsp_camera, units):
    """Return the address of a camera that asks for a password, without the rtsp://."""
    camera = rtsp_camera(units, "--fps", "25", "--user", "admin", "--password", PASSWORD)
    return camera.url.removeprefix("rtsp://")


@pytest.fixture
def web_server():
    """Return the port of a web server, which is no camera."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_probe_prints_one_object(gridpatrol, digest_camera):
    outcome = gridpatrol("probe", f"rtsp://admin:{PASSWORD}@{digest_camera}", "--json")
    assert outcome.exit_code == 0
    (report,) = outcome.objects
    assert (report["codec"], report["width"], report["height"]) == ("h264", 160, 96)
    assert report["url"] == f"rtsp://{digest_camera}"
    assert PASSWORD not in outcome.out + outcome.err


def test_password_from_the_environment(gridpatrol, digest_camera, monkeypatch):
    monkeypatch.setenv("GRIDPATROL_CAMERA_PASSWORD", PASSWORD)
    outcome = gridpatrol("probe", f"rtsp://admin@{digest_camera}", "--seconds", "1")
    assert outcome.exit_code == 0
    assert "h264" in outcome.out


def test_password_that_is_wrong(refused, digest_camera):
    said = refused(5, "probe", f"rtsp://admin:wr0ng@{digest_camera}", "--json")
    assert "wr0ng" not in said


def test_password_that_is_missing_without_a_terminal(refused, digest_camera):
    said = refused(3, "probe", f"rtsp://admin@{digest_camera}", "--json")
    assert "GRIDPATROL_CAMERA_PASSWORD" in said


def test_address_where_nothing_answers(refused):
    assert "127.0.0.1:9" in refused(4, "probe", "rtsp://127.0.0.1:9/live", "--json")


def test_web_server_is_no_camera(refused, web_server):
    assert str(web_server) in refused(6, "probe", f"rtsp://127.0.0.1:{web_server}/", "--json")


def test_sound_without_pictures(refused, rtsp_camera, units):
    camera = rtsp_camera(units, "--media", "audio")
    assert refused(6, "probe", camera.url, "--json")


def test_empty_file(refused, tmp_path):
    film = tmp_path / "film.mp4"
    film.touch()
    assert str(film) in refused(6, "probe", film, "--json")


def test_file_that_is_not_there(refused, tmp_path):
    assert refused(13, "probe", tmp_path / "film.mp4", "--json")


@pytest.mark.parametrize("command", ["probe", "add-camera"])
def test_scheme_that_is_not_known(refused, command):
    assert "gopher" in refused(3, command, "gopher://127.0.0.1/", "--json")


def test_camera_is_tried_then_kept_with_its_password_hidden(gridpatrol, digest_camera, data_dir):
    words = ("--id", "gate", "--name", "村口", "--grid", "第三网格", "--json")
    outcome = gridpatrol("add-camera", f"rtsp://admin:{PASSWORD}@{digest_camera}", *words)
    assert outcome.exit_code == 0
    (camera,) = outcome.objects
    assert (camera["id"], camera["name"], camera["grid"]) == ("gate", "村口", "第三网格")
    assert camera["main_uri"] == f"rtsp://{digest_camera}"
    assert PASSWORD not in outcome.out + outcome.err
    box = SecretBox.open(data_dir / "secret.key")
    with Store.open(data_dir / "gridpatrol.db", box) as store:
        assert store.inventory.password("gate") == PASSWORD
    for file in data_dir.iterdir():
        assert PASSWORD.encode() not in file.read_bytes(), f"{file.name} shows the password"


def test_camera_that_fails_its_trial_is_not_kept(refused, gridpatrol, data_dir):
    refused(4, "add-camera", "rtsp://127.0.0.1:9/live", "--json")
    assert not (data_dir / "gridpatrol.db").exists()


def test_folder_of_films_is_a_camera_each(gridpatrol, road_film, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("north.mp4", "south.mp4"):
        shutil.copy(road_film, folder / name)
    outcome = gridpatrol("add-camera", folder, "--json")
    assert [camera["name"] for camera in outcome.objects] == ["north", "south"]
    assert [camera["id"] for camera in outcome.objects] == ["north", "south"]


def test_one_name_is_not_for_a_folder_of_films(refused, road_film, tmp_path, data_dir):
    for name in ("north.mp4", "south.mp4"):
        shutil.copy(road_film, tmp_path / name)
    assert "holds 2 films" in refused(3, "add-camera", tmp_path, "--id", "gate", "--json")
    assert not (data_dir / "gridpatrol.db").exists()


def test_nobody_found_is_nothing_printed(gridpatrol):
    outcome = gridpatrol("discover", "127.0.0.1:9", "--seconds", "1", "--json")
    assert (outcome.exit_code, outcome.out) == (0, "")
