"""Hold to speak: Chromium's microphone, the console, a worker's talks, GStreamer's ONVIF server."""

import wave
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from gateway.clock import utc_now
from gateway.config import LiveSettings, TalkSettings
from gateway.errors import NotPlayableError
from gateway.store.inventory import Camera
from gateway.survey import Survey, survey_to_json
from gateway.talk import Talks
from gateway.worker_api import Snapshot, WorkerStatus, create_worker_app

pytestmark = pytest.mark.browser

TONE_HZ, MIC_HZ = 1000, 48_000
PULSE_S = 0.25
HEARD_S = 1.5
WORKER_TOKEN = "a worker's token"
IDLE, SPEAKING = "按住说话", "正在喊话，松开结束"
FAR_AWAY = "village.test"
"""A name that stands for the machine and makes its page one that is not from localhost."""
PATIENCE_MS = 60_000


@dataclass
class TalkingWorker:
    """A worker of the camera "road", of which only the loudspeaker works; its talks are real."""

    camera: Camera
    jpeg: bytes
    limit_s: int
    talks: Talks = field(init=False)
    speakers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.talks = Talks(TalkSettings(max_s=self.limit_s), LiveSettings())

    async def talk_offer(self, _camera, offer, speaker):
        self.speakers.append(speaker)
        return await self.talks.offer(self.camera, None, offer, speaker)

    async def talk_state(self, camera):
        return self.talks.state(camera)

    async def live_delete(self, session):
        await self.talks.delete(session)

    async def status(self):
        return WorkerStatus("0/1", ("road",), self.talks.sessions)

    async def whep_offer(self, *_):
        raise NotPlayableError("only its loudspeaker works")

    async def snapshot(self, _camera, _width):
        return Snapshot(self.jpeg, utc_now())


@pytest.fixture(scope="module")
def chromium(listening_chromium_path, tmp_path_factory) -> Iterator[Browser]:
    """Return a browser whose microphone hears a pulsing tone, which no noise filter takes away."""
    sound = tmp_path_factory.mktemp("microphone") / "pulses.wav"
    at = np.arange(4 * MIC_HZ) / MIC_HZ
    pulses = np.sin(2 * np.pi * TONE_HZ * at) * (at % (2 * PULSE_S) < PULSE_S) * 16_000
    with wave.open(str(sound), "wb") as film:
        film.setnchannels(1)
        film.setsampwidth(2)
        film.setframerate(MIC_HZ)
        film.writeframes(pulses.astype("<i2").tobytes())
    flags = [
        *("--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"),
        f"--use-file-for-fake-audio-capture={sound}",
        f"--host-resolver-rules=MAP {FAR_AWAY} 127.0.0.1",
    ]
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=listening_chromium_path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def there(loudspeaker):
    return loudspeaker()


@pytest.fixture
def limit_s() -> int:
    """Return the longest talk: no test but the one about it shall see it end."""
    return 120


@pytest.fixture
def talker(site, there, server_of, picture, limit_s) -> Iterator[TalkingWorker]:
    """Let the camera "road" have a loudspeaker."""
    road = replace(
        site.store.inventory.get("road"),
        main_uri=there.url,
        sub_uri=None,
        survey=survey_to_json(Survey(talk="pcm_mulaw")),
    )
    site.store.inventory.replace(road)
    talker = TalkingWorker(road, picture(), limit_s)
    server = server_of(lambda: (create_worker_app(talker, WORKER_TOKEN), talker.talks.close_all))
    server.start()
    site.report("road", worker_url=server.url)
    yield talker
    server.stop()
    assert talker.talks.sessions == ()


@pytest.fixture
def talk(talker, tab, console, site):
    """Return the button, on the page of the camera."""
    tab.context.grant_permissions(["microphone"])
    return button(console, site.url)


def button(page, address):
    page.goto(f"{address}#/cameras/road")
    return page.locator("gp-talk button")


def hold(talk) -> None:
    talk.hover()
    talk.page.mouse.down()


def until(page, condition) -> None:
    for _ in range(PATIENCE_MS // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("it did not happen in time")


def test_what_is_said_while_the_button_is_held_comes_out_at_the_camera(talk, talker, there):
    expect(talk).to_have_text(IDLE)
    hold(talk)
    expect(talk).to_have_text(SPEAKING)
    expect(talk).to_have_attribute("aria-pressed", "true")
    until(talk.page, lambda: there.seconds() > HEARD_S)
    talk.page.mouse.up()
    expect(talk).to_have_text(IDLE)
    until(talk.page, lambda: not talker.talks.sessions)
    hertz, share = there.pitch()
    assert hertz == pytest.approx(TONE_HZ, abs=5)
    assert share > 0.5
    assert talker.speakers == ["admin"]


def test_it_is_spoken_by_keyboard_too(talk, talker, there):
    talk.focus()
    talk.page.keyboard.down(" ")
    expect(talk).to_have_text(SPEAKING)
    until(talk.page, lambda: there.seconds() > 0)
    talk.page.keyboard.up(" ")
    expect(talk).to_have_text(IDLE)
    until(talk.page, lambda: not talker.talks.sessions)


def test_letting_go_at_once_leaves_nothing_behind(talk, talker):
    hold(talk)
    talk.page.mouse.up()
    expect(talk).to_have_text(IDLE)
    until(talk.page, lambda: not talker.talks.sessions)


def test_the_second_is_told_who_speaks(talk, talker, site):
    hold(talk)
    expect(talk).to_have_text(SPEAKING)
    other = button(talk.page.context.new_page(), site.url)
    hold(other)
    expect(other.page.get_by_text("admin 正在通过此摄像机喊话")).to_be_visible()
    expect(other).to_have_text(IDLE)
    expect(talk).to_have_text(SPEAKING)
    other.page.close()


@pytest.mark.parametrize("limit_s", [6])
def test_a_talk_that_reaches_its_limit_says_so(talk):
    hold(talk)
    expect(talk).to_have_text(SPEAKING)
    expect(talk.page.get_by_text("已到单次喊话上限 6 秒")).to_be_visible()
    expect(talk).to_have_text(IDLE)


def test_a_camera_that_hangs_up_is_told_of_at_once(talk, there):
    hold(talk)
    expect(talk).to_have_text(SPEAKING)
    there.kill()
    expect(talk.page.get_by_text("与摄像机的连接中断")).to_be_visible()
    expect(talk).to_have_text(IDLE)


def test_a_camera_without_a_loudspeaker_has_no_button(console, site):
    console.goto(f"{site.url}#/cameras/road")
    expect(console.get_by_role("heading", name="东环路")).to_be_visible()
    expect(console.locator("gp-talk button")).to_have_count(0)


def test_a_microphone_that_is_not_allowed_is_explained(talker, console, site):
    talk = button(console, site.url)
    hold(talk)
    expect(console.get_by_text("浏览器未获准使用麦克风")).to_be_visible()
    expect(talk).to_have_text(IDLE)
    assert talker.speakers == []


def test_a_page_that_is_neither_https_nor_local_says_so(talker, chromium, site, signing_in):
    page = chromium.new_page(locale="zh-CN")
    address = f"http://{FAR_AWAY}:{urlsplit(site.url).port}/"
    page.goto(address)
    signing_in(page, site)
    hold(button(page, address))
    expect(page.get_by_text("浏览器只允许 https 或本机")).to_be_visible()
    page.close()
