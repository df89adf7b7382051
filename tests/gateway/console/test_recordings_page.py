"""Recordings in the console: days, hours, films played by range, clips, a span exported."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from gateway.clock import utc_now
from gateway.store.evidence import EvidenceType
from gateway.store.segments import Segment

pytestmark = pytest.mark.browser

PLAYS = "(video) => video.readyState >= 2 && video.currentTime > 0 && video.videoWidth > 0"
ZONE = ZoneInfo("Asia/Shanghai")
FILM = timedelta(seconds=4)


@pytest.fixture
def yesterday() -> datetime:
    """Return yesterday's ten o'clock of the site."""
    day = utc_now().astimezone(ZONE).date() - timedelta(days=1)
    return datetime.combine(day, time(10), ZONE)


@pytest.fixture
def page(console, site, clip, yesterday):
    """Return a tab on yesterday's recordings: films at 10:00:00 and, after a gap, at 10:00:08."""
    for number, begun in enumerate((yesterday, yesterday + 2 * FILM)):
        path = f"recordings/road/{number}.mp4"
        file = site.data_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(clip)
        row = Segment("road", path, begun, begun + FILM, len(clip), 100, "h264", 640, 272, "same")
        site.store.segments.add([row])
    known = {"opened_at": yesterday + timedelta(hours=1)}
    site.change("i-1", site.keep("i-1", EvidenceType.CLIP, clip), **known)
    site.close("i-1", **known)
    console.goto(f"{site.url}#/cameras/road/recordings")
    day = yesterday.date().isoformat()
    if yesterday.month != utc_now().astimezone(ZONE).month:
        console.get_by_role("button", name="上个月").click()
    console.get_by_role("button", name=f"{day}, 有录像, 有事件").click()
    return console


def test_a_film_is_played_from_the_line_and_the_next_follows(page):
    page.get_by_role("button", name="10:00, 有录像", exact=True).click()
    line = page.get_by_role("slider", name="播放时间")
    line.focus()
    page.keyboard.press("Enter")
    film = page.locator("gp-recordings-page video")
    expect(film).to_be_visible()
    page.wait_for_function("(video) => video.currentTime > 0.2", arg=film.element_handle())
    assert film.evaluate(PLAYS)
    first = film.get_attribute("src")
    expect(film).not_to_have_attribute("src", first)
    expect(line).to_have_attribute("aria-valuetext", re.compile("^10:00:(08|09|10|11|12)$"))


def test_a_clip_of_an_incident_is_played(page):
    page.get_by_role("button", name=re.compile("11:00:00.*人员出现")).last.click()
    clip = page.get_by_label("人员出现", exact=True)
    expect(clip).to_be_visible()
    page.wait_for_function("(video) => video.currentTime > 0.2", arg=clip.element_handle())
    page.get_by_role("link", name="查看事件").click()
    expect(page).to_have_url(re.compile("#/incidents/i-1$"))


def test_a_span_is_exported_as_one_film_and_gaps_are_told(page):
    page.get_by_role("button", name="10:00, 有录像", exact=True).click()
    page.get_by_label("开始").fill("10:00:00")
    page.get_by_label("结束", exact=True).fill("10:00:12")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出录像").click()
    assert download.value.suggested_filename.endswith("-100000.mp4")
    assert download.value.path().read_bytes()[4:8] == b"ftyp"
    expect(page.get_by_text(re.compile("没有录像，已跳过：10:00:04–10:00:08"))).to_be_visible()
    expect(page.get_by_text("录像已下载")).to_be_visible()


def test_an_end_before_the_beginning_is_refused(page):
    page.get_by_label("开始").fill("11:00:00")
    page.get_by_label("结束", exact=True).fill("10:00:00")
    page.get_by_role("button", name="导出录像").click()
    expect(page.get_by_text("结束时间须晚于开始时间。")).to_be_visible()


def test_what_cannot_be_read_is_not_called_nothing(console, site):
    busy = {"error": {"code": "store_unavailable", "message": "The store does not answer."}}
    console.route("**/api/recordings/**", lambda route: route.fulfill(status=503, json=busy))
    console.goto(f"{site.url}#/cameras/road/recordings")
    expect(console.get_by_text("未能读取录像记录。")).to_be_visible()
    expect(console.get_by_text("这一天没有录像。")).to_have_count(0)
    console.unroute("**/api/recordings/**")
    console.get_by_role("button", name="重试").click()
    expect(console.get_by_text("这一天没有录像。")).to_be_visible()


def test_a_day_without_recordings_says_so(console, site):
    console.goto(f"{site.url}#/cameras/road/recordings")
    expect(console.get_by_text("这一天没有录像。")).to_be_visible()
