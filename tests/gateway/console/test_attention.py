"""How the machine is shared out, in the console: the banner of a busy machine, and each camera."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from gateway.clock import utc_now
from gateway.store.loads import WorkerLoad
from vision.camera_hint import Agreement

pytestmark = pytest.mark.browser

SLOW = {"rung": "keys", "seen_every_s": 4.0, "analysed_fps": 0.033}
PAGES = ("#/", "#/cameras", "#/incidents", "#/cameras/road")


def report(site, *, overloaded: bool) -> None:
    """Report how busy the one worker is."""
    since = utc_now() - timedelta(minutes=3) if overloaded else None
    site.store.loads.put(WorkerLoad(0, utc_now(), since, 1.71, 1.12, 0.58, 0.3, 325, 14, 21))


@pytest.fixture
def busy(console, site):
    """Return a tab that says that the machine is short."""
    report(site, overloaded=True)
    expect(console.locator("gp-busy .line")).to_be_visible()
    return console


@pytest.fixture
def cameras(console, site):
    """Return a tab that lists a quiet camera and one that alarms."""
    site.add_camera("bridge", "南桥", interest="quiet", **SLOW)
    alarmed = {"interest": "stirred", "why": "camera", "rung": "full"}
    site.add_camera("market", "集市", seen_every_s=0.2, analysed_fps=5.0, **alarmed)
    console.goto(f"{site.url}#/cameras")
    expect(console.locator("tbody tr")).to_have_count(3)
    return console


def test_a_busy_machine_says_so_on_every_page_until_it_is_over(busy, site):
    line = busy.locator("gp-busy .line")
    for page in PAGES:
        busy.goto(f"{site.url}{page}")
        expect(line).to_contain_text("画面分析繁忙")
        expect(line).to_contain_text("有报警、有动静的优先")
    expect(busy.get_by_role("status").filter(has_text="画面分析繁忙")).to_have_count(1)
    report(site, overloaded=False)
    expect(line).to_have_count(0)
    expect(busy.get_by_role("status").filter(has_text="画面分析繁忙")).to_have_count(0)


def test_it_says_what_is_reduced_and_what_helps(busy, site):
    busy.get_by_role("button", name="怎么办").click()
    more = busy.locator("gp-busy #more")
    for words in (
        "325",
        "14",
        "311",
        "21",
        "画面用 1.7，可用 1.71",
        "每秒 5–8 帧",
        "增加处理器核心",
    ):
        expect(more).to_contain_text(words)
    more.get_by_role("link", name="各摄像机的查看频率").click()
    expect(more).to_be_hidden()
    expect(busy.get_by_role("heading", name="摄像机", exact=True)).to_be_visible()


def test_the_wall_still_fits_its_window(busy):
    tall = "document.scrollingElement.scrollHeight - innerHeight"
    busy.wait_for_function(f"{tall} === 0")


def test_the_list_tells_how_often_each_camera_is_looked_at_and_why(cameras, unnamed):
    row = cameras.locator("tbody tr").filter(has_text="南桥")
    expect(row).to_contain_text("无动静")
    expect(row).to_contain_text("看 每 4 秒一次 · 识别 每 30 秒一次")
    row = cameras.locator("tbody tr").filter(has_text="集市")
    expect(row).to_contain_text("有动静：摄像机报警")
    expect(row).to_contain_text("看 每秒 5 次 · 识别 每秒 5 次")
    assert cameras.evaluate(unnamed) == []


def test_a_phone_shows_it_too(cameras):
    cameras.set_viewport_size({"width": 390, "height": 844})
    row = cameras.locator("tbody tr").filter(has_text="集市")
    expect(row.get_by_text("有动静：摄像机报警").locator("visible=true")).to_have_count(1)


def test_a_lost_camera_is_not_said_to_be_looked_at(cameras, site):
    lost = {"state": "unreachable", "code": "unreachable", "detail": "timed out"}
    site.report("bridge", interest="quiet", **lost | SLOW)
    row = cameras.locator("tbody tr").filter(has_text="南桥")
    expect(row).to_contain_text("无法连接")
    expect(row).not_to_contain_text("每 4 秒")


def test_a_camera_s_page_follows_its_attention(cameras, site):
    cameras.goto(f"{site.url}#/cameras/bridge")
    panel = cameras.locator("section.panel").filter(has_text="画面分析")
    for words in ("无动静", "每 4 秒一次", "每 30 秒一次", "仅关键帧"):
        expect(panel).to_contain_text(words)
    moved = {"interest": "stirred", "why": "object", "rung": "full"}
    site.report("bridge", seen_every_s=0.2, analysed_fps=2.0, **moved)
    for words in ("有动静：目标移动", "每秒 5 次", "每秒 2 次", "逐帧解码"):
        expect(panel).to_contain_text(words)


def test_how_far_its_own_alarm_is_believed_is_on_the_cameras_page(console, site):
    good = Agreement(0.92, 40, 0.85, wakes=True)
    site.report("road", interest="quiet", rung="full", alarms=good)
    console.goto(f"{site.url}#/cameras/road")
    facts = console.locator("gp-camera-page section", has_text="摄像机移动报警")
    expect(facts).to_contain_text("与画面分析一致：40 次中 92%")
    expect(facts).to_contain_text("报警属实 85%")
    expect(facts).not_to_contain_text("不再因它唤醒")
    bad = Agreement(None, 3, 0.1, wakes=False)
    site.report("road", interest="quiet", rung="full", alarms=bad)
    expect(facts).to_contain_text("可比次数还太少：3")
    expect(facts).to_contain_text("不再因它唤醒")
