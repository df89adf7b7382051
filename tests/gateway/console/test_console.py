"""What people see, in a real browser against the real API; whatever it logs as an error fails."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

from gateway.clock import utc_now
from gateway.store.camera_states import LiveMode, StreamFacts
from gateway.store.evidence import EvidenceType
from vision.types import Severity

pytestmark = pytest.mark.browser

STATE_WORDS = {
    "connecting": "连接中",
    "stalled": "画面停滞",
    "unauthorized": "密码错误",
    "unreachable": "无法连接",
    "not_video": "无视频",
}
MOVES = """(video) => new Promise((seen, failed) => {
  let count = 0;
  setTimeout(() => failed(`${count} pictures; in the page: ${video.isConnected}`), 60_000);
  const next = () => ++count > 20 ? seen(count) : video.requestVideoFrameCallback(next);
  video.requestVideoFrameCallback(next);
})"""
LOUD = """async (video) => {
  const context = new AudioContext();
  const meter = context.createAnalyser();
  context.createMediaStreamSource(video.srcObject).connect(meter);
  const samples = new Float32Array(meter.fftSize);
  let loudest = 0;
  for (let turn = 0; turn < 100 && loudest < 0.1; turn++) {
    await new Promise((later) => setTimeout(later, 50));
    meter.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, ...samples);
  }
  await context.close();
  return loudest;
}"""
HEVC = StreamFacts("hevc", 640, 272, 25.0, 1.0, "rtcp")
HAS_PICTURE = "(image) => image.decode().then(() => image.naturalWidth)"
FOCUSED = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return one?.textContent.trim() ?? "";
}"""


def test_a_wrong_password_is_refused_in_words_and_the_right_one_opens_the_wall(
    tab, site, signing_in
):
    tab.goto(site.url)
    signing_in(tab, site, "wrong")
    expect(tab.get_by_role("alert")).to_have_text("用户名或密码不正确。")
    signing_in(tab, site)
    expect(tab.get_by_role("link", name="东环路")).to_be_visible()
    expect(tab).to_have_title("视频墙 · 东山村")


def test_a_password_that_was_made_up_opens_nothing_but_its_change(tab, site, signing_in):
    made_up = site.store.users.reset_password("admin")
    tab.goto(site.url)
    signing_in(tab, site, made_up)
    expect(tab.get_by_role("dialog")).to_be_visible()
    expect(tab.get_by_role("link", name="东环路")).to_have_count(0)
    tab.get_by_role("button", name="退出登录").click()
    signing_in(tab, site, made_up)
    expect(tab.get_by_role("dialog")).to_be_visible()
    tab.reload()
    tab.get_by_label("当前密码").fill(made_up)
    tab.get_by_label(re.compile("^新密码")).fill("correct horse battery")
    tab.get_by_label("再次输入新密码").fill("something else")
    tab.get_by_role("button", name="修改密码").click()
    expect(tab.get_by_role("dialog")).to_contain_text("两次输入的新密码不一致。")
    tab.get_by_label("再次输入新密码").fill("correct horse battery")
    tab.get_by_role("button", name="修改密码").click()
    expect(tab.get_by_role("dialog")).to_be_hidden()
    expect(tab.get_by_text("已连接")).to_be_visible()
    assert not site.store.users.get("admin").must_change_password


def test_a_server_that_takes_its_time_is_waited_for_in_words(tab, site):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/api/session", hold)
    tab.goto(site.url)
    expect(tab.get_by_role("status")).to_have_text("正在读取…")
    held[0].continue_()
    expect(tab.get_by_role("button", name="登录")).to_be_visible()


def test_a_page_that_does_not_come_leaves_what_is_around_it_and_can_be_asked_for_again(console):
    pages = "**/static/elements/gp-deliveries-page.js"
    console.route(pages, lambda route: route.abort("connectionrefused"))
    console.evaluate("location.hash = '#/administration/deliveries'")
    expect(console.get_by_role("alert")).to_have_text("服务器无应答，请检查网络。")
    expect(console.get_by_role("link", name="视频墙")).to_be_visible()
    console.unroute(pages)
    console.get_by_role("button", name="重试").click()
    expect(console.get_by_role("heading", name="外发状态")).to_be_visible()


def test_live_pictures_move_and_end_with_the_session(console, site):
    video = console.get_by_label("东环路 实时画面")
    assert video.evaluate(MOVES) > 20
    site.store.users.reset_password("admin")
    expect(console.get_by_role("button", name="登录")).to_be_visible()
    expect(video).to_have_count(0)


def test_a_stream_that_browsers_cannot_play_is_shown_as_pictures_and_says_so(console, site):
    site.report("road", live=LiveMode.REFRESH)
    expect(console.get_by_text("每秒一张静态画面")).to_be_visible()
    assert console.get_by_role("img", name="东环路 实时画面").evaluate(HAS_PICTURE) == 640


def test_a_stream_that_is_transcoded_moves_and_says_why(console, site):
    site.add_camera("yard", "西院", live=LiveMode.TRANSCODED, stream=HEVC)
    console.get_by_role("link", name="西院").click()
    page = console.locator("gp-camera-page")
    assert page.get_by_label("西院 实时画面").evaluate(MOVES) > 20
    note = console.locator("gp-live .note")
    expect(note).to_have_text("转码中 · 浏览器无法播放 H.265")
    expect(console.get_by_text("WebRTC，由本机转码")).to_be_visible()


def test_sound_is_offered_on_a_cameras_page_and_off_until_it_is_wanted(console, site):
    video = console.get_by_label("东环路 实时画面")
    assert video.evaluate(MOVES) > 20
    expect(console.get_by_role("button", name="打开声音")).to_have_count(0)
    console.get_by_role("link", name="东环路").click()
    console.get_by_role("button", name="打开声音").click()
    assert not video.evaluate("(video) => video.muted")
    assert video.evaluate(LOUD) > 0.1
    console.get_by_role("button", name="关闭声音").click()
    assert video.evaluate("(video) => video.muted")


def test_the_sharp_stream_is_chosen_and_remembered(console, site):
    console.get_by_role("link", name="东环路").click()
    with console.expect_request(re.compile(r"/whep\?stream=main$")):
        console.get_by_role("button", name="高清").click()
    with console.expect_request(re.compile(r"/whep\?stream=main$")):
        console.reload()
    expect(console.get_by_role("button", name="高清")).to_have_attribute("aria-pressed", "true")


def test_a_camera_without_pictures_says_why_and_since_when(console, site):
    tile = console.locator("gp-tile")
    for state, word in STATE_WORDS.items():
        site.report("road", state=state, last_picture_at=utc_now() - timedelta(days=2))
        expect(tile.get_by_text(word).first).to_be_visible()
        expect(tile.get_by_text(re.compile(r"\d\d-\d\d \d\d:\d\d 起无画面"))).to_be_visible()
        expect(tile.locator("video")).to_have_count(0)


def test_incidents_come_and_end_by_themselves(console, site):
    expect(console.get_by_text("暂无事件")).to_be_visible()
    site.change("i-1", severity=Severity.RED, opened_at=utc_now())
    card = console.locator("gp-incident-card")
    expect(card).to_contain_text("人员出现")
    expect(card).to_contain_text("已持续")
    expect(console.locator("gp-tile")).to_contain_text("1 起")
    expect(console.get_by_text("新事件，红色：人员出现，东环路")).to_be_attached()
    site.close("i-1")
    expect(card).to_contain_text("历时")
    expect(console.locator("gp-tile").get_by_text("1 起")).to_have_count(0)


def test_the_list_is_narrowed_and_read_on_by_scrolling(console, site):
    for number in range(60):
        opened_at = utc_now() - timedelta(minutes=number)
        severity = Severity.RED if number % 10 == 0 else Severity.GREEN
        site.change(f"i-{number}", severity=severity, opened_at=opened_at)
    console.reload()
    cards = console.locator("gp-incident-card")
    expect(cards).to_have_count(50)
    cards.last.scroll_into_view_if_needed()
    expect(cards).to_have_count(60)
    console.get_by_label("等级").select_option(label="红色")
    expect(cards).to_have_count(6)
    site.close("i-10", severity=Severity.RED)
    console.get_by_label("状态").select_option(label="已结束")
    expect(cards).to_have_count(1)


def test_evidence_whose_time_was_up_says_when_it_was_deleted(console, site, picture):
    row = site.keep("i-1", EvidenceType.MARKED, picture(200))
    site.change("i-1", row)
    site.store.evidence.mark_deleted([row.path], datetime(2026, 5, 31, 4, tzinfo=UTC))
    console.get_by_role("link", name=re.compile("人员出现")).click()
    told = console.get_by_text("已于 2026-05-31 12:00:00 按保存期限删除。")
    expect(told).to_be_visible()
    expect(console.get_by_role("link", name="下载")).to_have_count(0)


def test_an_incident_shows_its_evidence_and_its_way_into_the_queue(console, site, picture, clip):
    rows = [
        site.keep("i-1", EvidenceType.RAW, picture(60)),
        site.keep("i-1", EvidenceType.MARKED, picture(200)),
        site.keep("i-1", EvidenceType.CLIP, clip),
    ]
    site.change("i-1", *rows)
    console.get_by_role("link", name=re.compile("人员出现")).click()
    expect(console.get_by_text("等待送入调度队列")).to_be_visible()
    for name, row in (("标注图", rows[1]), ("原图", rows[0])):
        console.get_by_role("button", name=name).click()
        image = console.get_by_role("img", name=name)
        assert image.evaluate(HAS_PICTURE) == 640
        assert row.id in image.get_attribute("src")
    console.get_by_role("button", name="录像").click()
    assert console.locator("gp-evidence video").evaluate(MOVES) > 20
    with console.expect_download() as download:
        console.get_by_role("link", name="下载").click()
    assert download.value.path().read_bytes() == clip
    waiting = site.store.outbox.waiting()
    site.store.outbox.mark_delivered({message.seq: "1-0" for message in waiting}, utc_now())
    expect(console.get_by_text(re.compile(r"\d\d:\d\d:\d\d\.\d{3} 已送入调度队列"))).to_be_visible()


def test_an_incident_that_is_not_there_is_said_to_be_gone(console, site):
    console.goto(f"{site.url}#/incidents/never-was")
    expect(console.get_by_text("没有该记录，或已过保存期限。")).to_be_visible()


def test_a_camera_page_draws_the_zones_over_the_whole_picture(console, site):
    console.get_by_role("link", name="东环路").click()
    expect(console.get_by_role("heading", name="东环路")).to_be_visible()
    points = console.locator("gp-camera-page polygon").get_attribute("points")
    assert points == "0.1,0.5 0.9,0.5 0.9,1"
    video, drawing = (console.locator(f"gp-camera-page {part}") for part in ("video", ".zones"))
    expect(video).to_be_visible()
    assert video.bounding_box() == drawing.bounding_box()
    console.get_by_role("button", name="隐藏区域").click()
    expect(console.locator("polygon")).to_have_count(0)


def test_language_and_theme_are_chosen_and_remembered(console):
    console.get_by_role("button", name="admin 的菜单").click()
    console.get_by_role("button", name="English").click()
    expect(console.get_by_role("heading", name="Incidents")).to_be_visible()
    console.get_by_role("button", name="Light theme").click()
    console.reload()
    expect(console.get_by_role("heading", name="Incidents")).to_be_visible()
    root = console.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("data-theme")) == ("en", "light")
    assert (
        console.locator("body").evaluate("(body) => getComputedStyle(body).colorScheme") == "light"
    )


def test_a_lost_server_is_shown_and_found_again(console, site):
    console.evaluate("() => { window.loadedOnce = true; }")
    site.server.stop()
    expect(console.get_by_text("正在重连")).to_be_visible()
    site.change("i-1", opened_at=utc_now())
    site.server.start()
    expect(console.get_by_text("已连接")).to_be_visible()
    expect(console.locator("gp-incident-card")).to_have_count(1)
    assert console.get_by_label("东环路 实时画面").evaluate(MOVES) > 20
    assert console.evaluate("() => window.loadedOnce")


def test_all_of_it_works_below_a_path_prefix(tab, make_site, signing_in):
    site = make_site("/patrol")
    tab.goto(site.url)
    signing_in(tab, site)
    expect(tab.get_by_text("已连接")).to_be_visible()
    assert tab.get_by_label("东环路 实时画面").evaluate(MOVES) > 20


def test_nothing_is_wider_than_a_phone_or_without_a_name(console, site, unnamed):
    site.change("i-1", opened_at=utc_now())
    console.set_viewport_size({"width": 390, "height": 844})
    for route in ("#/", "#/incidents", "#/incidents/i-1", "#/cameras/road"):
        console.goto(f"{site.url}{route}")
        named = console.locator("main").locator("a, h1").filter(has_text="东环路")
        expect(named.first).to_be_visible()
        assert console.evaluate("() => document.documentElement.scrollWidth") <= 390, route
        assert console.evaluate(unnamed) == [], route


@pytest.mark.parametrize("width", [390, 1920])
def test_a_page_begins_at_its_top(console, site, width):
    site.change("i-1", opened_at=utc_now())
    console.set_viewport_size({"width": width, "height": 700})
    bar = console.locator("gp-top-bar").bounding_box()
    for route, heading in (("#/cameras/road", "东环路"), ("#/incidents/i-1", "人员出现")):
        console.evaluate("(route) => { location.hash = route; }", route)
        title = console.get_by_role("heading", name=heading, level=1)
        expect(title).to_be_visible()
        console.wait_for_timeout(300)
        assert title.bounding_box()["y"] >= bar["y"] + bar["height"], route


def test_the_keyboard_reaches_the_pages_and_an_incident(console, site):
    site.change("i-1", opened_at=utc_now())
    console.reload()
    expect(console.locator("gp-incident-card")).to_have_count(1)
    console.keyboard.press("Tab")
    reached = []
    for _ in range(30):
        reached.append(console.evaluate(FOCUSED))
        if "已持续" in reached[-1]:
            break
        console.keyboard.press("Tab")
    assert reached[0] == "跳到正文"
    console.keyboard.press("Enter")
    expect(console).to_have_url(re.compile("#/incidents/i-1$"))


def test_signing_out_forgets_the_session(console):
    console.get_by_role("button", name="admin 的菜单").click()
    console.get_by_role("button", name="退出登录").click()
    expect(console.get_by_role("button", name="登录")).to_be_visible()
    console.reload()
    expect(console.get_by_role("button", name="登录")).to_be_visible()
