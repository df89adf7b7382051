"""What a person names becomes cameras: URLs, ONVIF devices, files, folders, and mistakes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.demo import DemoCamera
from gateway.errors import (
    ConfigError,
    GatewayError,
    NotFoundError,
    NotVideoError,
    UnauthorizedError,
    UnreachableError,
)
from gateway.onboarding import Finding, Wish, adopt, examine, look_at
from gateway.onvif.onboard import onboard
from gateway.sources import Credentials, with_credentials
from gateway.store import Store

SECRET = "s3cret-Wort"


def nobody(who: str) -> str:
    pytest.fail(f"asked for the password of {who}")


def see(source: str, ask: Callable[[str], str] = nobody) -> list[Finding]:
    return list(look_at(source, ask))


@pytest.fixture
def silent_film(tmp_path: Path, road_film: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copy(road_film, folder / "b road #1.mp4")
    return folder / "b road #1.mp4"


class TestOnvif:
    def source(self, camera: DemoCamera) -> str:
        return with_credentials(f"onvif://{camera.address}", camera.credentials)

    def test_a_device_tells_its_streams(self, virtual_camera: DemoCamera) -> None:
        (found,) = see(self.source(virtual_camera))
        assert found.name == "PythonCam VirtualCam-1"
        assert found.address == f"onvif://{virtual_camera.address}"
        assert found.credentials == virtual_camera.credentials
        assert (found.main_uri or "").startswith("rtsp://127.0.0.1:")
        assert found.sub_uri not in (None, found.main_uri)
        assert virtual_camera.credentials.password not in repr(found)

    def test_the_password_may_be_asked_for(self, virtual_camera: DemoCamera) -> None:
        asked: list[str] = []

        def ask(who: str) -> str:
            asked.append(who)
            return virtual_camera.credentials.password

        (found,) = see(f"onvif://admin@{virtual_camera.address}", ask)
        assert found.credentials == virtual_camera.credentials
        assert asked == ["admin@127.0.0.1"]

    def test_what_is_analysed_can_be_examined(self, virtual_camera: DemoCamera) -> None:
        report = examine(self.source(virtual_camera), nobody, 0.5)
        assert (report.width, report.height, report.transport) == (640, 272, "tcp")

    @pytest.mark.parametrize("user", [f"admin:{SECRET}@", ""])
    def test_a_wrong_password_is_told_and_not_repeated(
        self, virtual_camera: DemoCamera, user: str
    ) -> None:
        with pytest.raises(UnauthorizedError) as caught:
            see(f"onvif://{user}{virtual_camera.address}")
        assert virtual_camera.address in str(caught.value)
        assert SECRET not in str(caught.value)


class TestRtsp:
    def test_a_stream_is_tried(self, virtual_camera: DemoCamera) -> None:
        uri = onboard(virtual_camera.address, virtual_camera.credentials).sub_uri
        (found,) = see(uri.replace("//", f"//admin:{SECRET}@"))
        assert (found.name, found.main_uri, found.sub_uri) == ("127.0.0.1", uri, None)
        assert found.credentials == Credentials("admin", SECRET)

    def test_nobody_there(self) -> None:
        with pytest.raises(UnreachableError) as caught:
            see(f"rtsp://admin:{SECRET}@127.0.0.1:1/live")
        assert SECRET not in str(caught.value)

    def test_another_protocol_there(self, virtual_camera: DemoCamera) -> None:
        with pytest.raises(NotVideoError):
            see(f"rtsp://{virtual_camera.address}/live")


class TestFiles:
    def test_a_file_is_a_camera(self, silent_film: Path) -> None:
        (found,) = see(str(silent_film))
        assert (found.name, found.main_uri) == ("b road #1", silent_film.as_uri())
        assert see(silent_film.as_uri()) == [found]
        assert examine(str(silent_film), nobody, 0.5).transport == "file"

    def test_a_folder_gives_its_films_by_name(self, silent_film: Path, sound: bytes) -> None:
        folder = silent_film.parent
        shutil.copy(silent_film, folder / "a.MP4")
        (folder / "sound.mp4").write_bytes(sound)
        (folder / "empty.avi").touch()
        (folder / "notes.txt").write_text("no film")
        (folder / "folder.mp4").mkdir()
        assert [one.name for one in see(str(folder))] == ["a", "b road #1"]

    @pytest.mark.parametrize("content", ["sound", "nothing", "text"])
    def test_a_file_without_pictures_is_refused(
        self, tmp_path: Path, content: str, sound: bytes
    ) -> None:
        film = tmp_path / "film.mp4"
        film.write_bytes({"sound": sound, "nothing": b"", "text": b"no film at all"}[content])
        for source in (film, tmp_path):
            with pytest.raises(NotVideoError, match=r"film\.mp4"):
                see(str(source))

    def test_a_folder_without_films_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="no video file"):
            see(str(tmp_path))

    def test_a_folder_is_no_stream(self, silent_film: Path) -> None:
        with pytest.raises(GatewayError, match="films"):
            examine(str(silent_film.parent), nobody, 0.5)

    def test_what_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="rtsp://… or onvif://…"):
            see(str(tmp_path / "nothing"))

    @pytest.fixture
    def sound(self, tmp_path: Path) -> bytes:
        """A file of one second of silence and no picture."""
        import av

        path = tmp_path / "made.m4a"
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream("aac", rate=48_000)
            stream.layout = "mono"
            for number in range(47):
                frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                frame.planes[0].update(bytes(4096))
                frame.sample_rate, frame.pts = 48_000, number * 1024
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        content = path.read_bytes()
        path.unlink()
        return content


@pytest.mark.parametrize(
    "source",
    [
        "",
        "   ",
        f"gopher://admin:{SECRET}@camera/",
        "rtsp://",
        "onvif://:80",
        "onvif://camera:0",
        "rtsp://[fd00::1/live",
        f"onvif://admin:{SECRET}/x@camera",
        f"rtsp://admin:{SECRET}#x@camera/live",
        f"rtsp://admin:{SECRET}?x@camera/live",
        f"admin:{SECRET}@192.168.1.64",
        f"admin:{SECRET}@192.168.1.64/live",
    ],
)
def test_mistakes_are_told_without_the_password(source: str) -> None:
    for look in (lambda: see(source), lambda: examine(source, nobody, 0.5)):
        with pytest.raises((ConfigError, NotFoundError)) as caught:
            look()
        told = caught.value
        while told is not None:
            assert SECRET not in str(told)
            told = told.__cause__


FOUND = Finding(
    "Acme Eye", "onvif://10.0.0.9:80", "rtsp://10.0.0.9/1", "rtsp://10.0.0.9/2",
    Credentials("admin", SECRET),
)  # fmt: skip


class TestAdopt:
    def test_a_finding_becomes_a_camera(self, store: Store) -> None:
        camera = adopt(store, FOUND)
        assert (camera.id, camera.name, camera.username) == ("acme-eye", "Acme Eye", "admin")
        assert camera.analysis_uri == FOUND.sub_uri
        assert store.inventory.get("acme-eye") == camera
        assert store.inventory.password("acme-eye") == SECRET
        assert SECRET not in repr(camera)

    def test_wishes_are_granted(self, store: Store) -> None:
        wish = Wish("gate", "村口", "330100001", "示范村", "一网格")
        camera = adopt(store, FOUND, wish)
        assert (camera.id, camera.name, camera.channel_code) == ("gate", "村口", "330100001")
        assert (camera.unit, camera.grid) == ("示范村", "一网格")

    def test_a_camera_without_credentials_has_no_password(self, store: Store) -> None:
        adopt(store, Finding("film", "file:///film.mp4", "file:///film.mp4"))
        assert store.inventory.password("film") is None

    def test_the_same_camera_again_is_brought_up_to_date(self, store: Store) -> None:
        first = adopt(store, FOUND, Wish(name="村口"))
        again = Finding(
            "Acme Eye 2", FOUND.address, "rtsp://10.0.0.9/3", None, Credentials("u", "new")
        )
        second = adopt(store, again)
        assert (second.id, second.name) == (first.id, "村口")
        assert (second.main_uri, second.sub_uri, second.username) == (again.main_uri, None, "u")
        assert store.inventory.password(second.id) == "new"
        assert len(store.inventory.cameras()) == 1

    @pytest.mark.parametrize("wished", ["gate", "Not A Slug"])
    def test_an_id_that_cannot_be_had_is_told(self, store: Store, wished: str) -> None:
        adopt(store, FOUND, Wish("gate"))
        other = Finding("other", "rtsp://10.0.0.8/", "rtsp://10.0.0.8/")
        with pytest.raises(GatewayError) as caught:
            adopt(store, other, Wish(wished))
        assert isinstance(caught.value, ConfigError)
        assert wished in str(caught.value)
