"""Water on a camera's page: how it stands, why it cannot be seen, its course, "only wet"."""

import json
import os
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from gateway.clock import utc_now
from gateway.store.evidence import EvidenceType
from gateway.store.water import Loss, LostStates, StoredWater
from vision.water.types import Passability, RainState, Unseen, WaterState

pytestmark = pytest.mark.browser

SETUP = '{"type":"road","zones":[{"id":"low","polygon":[[0.1,0.5],[0.9,0.5],[0.9,1.0]]}]}'


JPEG = cv2.imencode(".jpg", np.full((90, 160, 3), 120, np.uint8))[1].tobytes()


def shot(console, name: str) -> None:
    """Keep a picture of the page where somebody asked for pictures."""
    if folder := os.environ.get("GRIDPATROL_SHOTS"):
        console.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def looks(site):
    """Return what lets the camera "road" say how its water stands; it watches water."""
    camera = site.store.inventory.get("road")
    site.store.inventory.replace(replace(camera, water=SETUP))
    now = utc_now()
    deep = StoredWater(
        "road", now, WaterState.RED, Passability.CLOSED, now - timedelta(minutes=9),
        reason="depth", area_ratio=0.46, ratio_per_h=0.5,
        depth_cm=31.0, error_cm=2.5, cm_per_h=12.0, level_by="mark", rain=RainState.RAIN,
        reference_count=5, reference="day-1", basis="loss+network",
    )  # fmt: skip

    def look(minutes_ago: float = 0.0, **fields: object) -> None:
        at = now - timedelta(minutes=minutes_ago)
        site.store.water.put([replace(deep, updated_at=at, **fields)])

    return look


@pytest.fixture
def panel(console, site, looks):
    """Return the panel of a flooded camera, with the course of half an hour."""
    for minute in range(30, 0, -1):
        hidden = Unseen.HAZE if 8 < minute < 12 else None
        looks(minute, area_ratio=0.46 - minute / 70, unseen=hidden)
    looks()
    console.goto(f"{site.url}#/cameras/road")
    panel = console.locator("gp-water section")
    expect(panel).to_be_visible()
    return panel


def test_the_panel_says_how_the_water_stands(panel, console):
    for words in ("积水（红色）", "禁行", "46%", "31 ± 2.5 厘米（按标尺）", "上涨，每小时 12 厘米",
                  "下雨", "地面纹理消失 · 模型识别", "5"):  # fmt: skip
        expect(panel).to_contain_text(words)
    expect(panel.locator("svg.course polyline")).to_have_count(2)
    expect(panel.locator("svg.course rect")).to_have_count(3)


def test_it_follows_what_is_seen(panel, looks):
    now = utc_now()
    looks(
        unseen=Unseen.HAZE, blind_since=now - timedelta(minutes=2), passability=Passability.CLOSED
    )
    expect(panel).to_contain_text("积水（红色），目前看不清")
    expect(panel).to_contain_text("原因：暴雨或浓雾")
    looks(state=WaterState.NORMAL, passability=None, unseen=Unseen.DARK, area_ratio=0.0)
    expect(panel.locator(".state")).to_have_text("看不清")
    expect(panel).to_contain_text("未知")
    looks(state=WaterState.NORMAL, passability=Passability.OPEN, area_ratio=0.0, depth_cm=None)
    expect(panel.locator(".state")).to_have_text("无积水")
    expect(panel).to_contain_text("无标尺可读")
    expect(panel.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "words"), [("knees", "至少到行人膝盖"), ("thighs", "至少到行人大腿")]
)
def test_those_who_wade_tell_a_word_where_no_mark_does(panel, looks, code, words):
    looks(depth_cm=None, error_cm=None, cm_per_h=None, level_by=code)
    expect(panel).to_contain_text(words)
    expect(panel).not_to_contain_text("无标尺可读")
    shot(panel.page, f"wading-{code}")


def test_what_was_never_seen_is_no_figure(panel, looks):
    looks(state=WaterState.NORMAL, passability=None, unseen=Unseen.DARK, area_ratio=0.0)
    expect(panel.locator(".state")).to_have_text("看不清")
    for word in ("通行状况", "降雨", "最近查看"):
        expect(panel.locator("dt").get_by_text(word, exact=True)).to_have_count(1)
    for word in ("面积", "水深", "趋势", "开始于", "判断依据"):
        expect(panel.locator("dt").get_by_text(word, exact=True)).to_have_count(0)


def test_figures_of_before_are_called_so_while_it_cannot_see(panel, looks):
    expect(panel).not_to_contain_text("最后看清")
    blind_since = utc_now() - timedelta(minutes=2)
    looks(unseen=Unseen.HAZE, blind_since=blind_since)
    expect(panel).to_contain_text("最后看清时")
    expect(panel).to_contain_text("46%")


def test_a_trend_says_its_own_number(panel, looks):
    looks(cm_per_h=-3.0, ratio_per_h=0.5)
    expect(panel).to_contain_text("下降，每小时 3 厘米")
    looks(cm_per_h=0.2, ratio_per_h=0.5)
    expect(panel).to_contain_text("上涨，每小时 50%")


@pytest.mark.parametrize("unseen", [Unseen.LEARNING, Unseen.STALE, Unseen.FAULT])
def test_what_is_not_for_want_of_sight_is_not_called_so(panel, looks, unseen):
    looks(unseen=unseen)
    expect(panel.locator(".state")).to_have_text("积水（红色），暂无法判断")
    expect(panel).not_to_contain_text("看不清")


def test_a_slope_is_not_told_as_a_road_without_water(panel, console, site, looks):
    camera = site.store.inventory.get("road")
    slope = SETUP.replace('"type":"road"', '"type":"slope"')
    site.store.inventory.replace(replace(camera, water=slope))
    looks(state=WaterState.NORMAL, passability=Passability.OPEN)
    console.reload()
    expect(panel.get_by_role("heading", name="边坡")).to_be_visible()
    expect(panel.locator(".state")).to_have_text("监测中")
    for words in ("无积水", "通行"):
        expect(panel).not_to_contain_text(words)


@pytest.mark.parametrize(
    ("state", "rain", "words"),
    [
        (WaterState.NORMAL, RainState.RAIN, "下雨时不学习"),
        (WaterState.RED, RainState.DRY, "报有积水期间不会学习"),
        (WaterState.NORMAL, RainState.DRY, "几分钟"),
    ],
)
def test_learning_says_what_it_waits_for(panel, looks, state, rain, words):
    looks(state=state, rain=rain, unseen=Unseen.LEARNING, passability=None)
    expect(panel).to_contain_text(words)


def test_a_page_without_a_look_says_why_there_is_none(console, site, looks):
    answer = {"code": "not_found", "message": "camera road has not looked at the water yet"}
    console.route(
        "**/water/look",
        lambda route: route.fulfill(
            status=404, content_type="application/json", body=json.dumps({"error": answer})
        ),
    )
    console.goto(f"{site.url}#/cameras/road/water")
    seen = console.locator("gp-water-seen")
    expect(seen.get_by_role("status")).to_contain_text("半分钟")
    looks(state=WaterState.NORMAL, passability=None, unseen=Unseen.STALE)
    expect(seen.get_by_role("status")).to_contain_text("暂无法判断：没有画面")


@pytest.mark.parametrize(
    ("how", "state", "words"),
    [
        (Loss.DAMAGED, WaterState.NORMAL, ("文件已移到一旁", "正在重新学习")),
        (Loss.MISSING, WaterState.RED, ("文件不存在", "请按“只是潮湿”")),
        (Loss.BEHIND, WaterState.NORMAL, ("已改用上一份", "无需处理")),
        (Loss.UNREADABLE, WaterState.NORMAL, ("磁盘拒绝读取", "检查磁盘")),
    ],
)
def test_states_that_were_lost_are_told_with_what_happens_now(
    console, site, looks, how, state, words
):
    lost = LostStates(how, utc_now() - timedelta(minutes=3))
    looks(state=state, unseen=Unseen.LEARNING, passability=None, lost=lost)
    for page, element in (("", "gp-water"), ("/water", "gp-water-states")):
        console.goto(f"{site.url}#/cameras/road{page}")
        note = console.locator(element).get_by_role("note")
        for word in words:
            expect(note).to_contain_text(word)
    looks(state=WaterState.NORMAL)
    expect(note).to_have_count(0)


def test_only_wet_is_told_to_the_worker(panel, console):
    at = "2026-07-01T08:00:00.000Z"
    state = {"id": "day-2", "kind": "wet", "infrared": False, "looks": 1, "taught": True}
    state |= {"made_at": at, "seen_at": at}
    asked = []

    def answer(route):
        asked.append(route.request.method)
        route.fulfill(status=200, content_type="application/json", body=json.dumps(state))

    console.route("**/water/only-wet", answer)
    for answer_with, posted in (("取消", []), ("只是潮湿", ["POST"])):
        panel.get_by_role("button", name="只是潮湿").click()
        console.get_by_role("dialog").get_by_role("button", name=answer_with).click()
        expect(console.get_by_role("dialog")).to_have_count(0)
        if posted:
            expect(panel.get_by_role("status")).to_contain_text("类似画面不再报警")
        assert asked == posted


def test_ground_that_was_not_seen_is_refused_with_what_to_do(panel, console):
    error = {"code": "ground_unseen", "message": "camera road has not seen the ground for 90 s"}
    console.route(
        "**/water/only-wet",
        lambda route: route.fulfill(
            status=409, content_type="application/json", body=json.dumps({"error": error})
        ),
    )
    panel.get_by_role("button", name="只是潮湿").click()
    console.get_by_role("dialog").get_by_role("button", name="只是潮湿").click()
    expect(panel.get_by_role("status")).to_contain_text("90 秒没有看清地面")
    expect(panel.get_by_role("status")).to_contain_text("误报")


def test_a_camera_that_watches_no_water_has_no_panel(console, site):
    console.goto(f"{site.url}#/cameras/road")
    expect(console.get_by_role("heading", name="东环路")).to_be_visible()
    expect(console.locator("gp-water")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1920])
def test_it_fits_a_phone_and_a_large_screen(panel, console, width):
    console.set_viewport_size({"width": width, "height": 900})
    expect(panel).to_be_visible()
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert console.evaluate("document.documentElement.scrollWidth") <= width
    shot(console, f"water-{width}")


def test_an_incident_of_water_shows_its_proof(console, site):
    kinds = (EvidenceType.RAW, EvidenceType.MARKED, EvidenceType.BEFORE, EvidenceType.CURVE)
    readings = {"state": "red", "passability": "closed", "basis": "gain", "peak_depth_cm": 31.0}
    readings |= {"area_ratio": 0.463, "trend_cm_per_h": 12.0, "blind_s": 754}
    site.change(
        "i-1", *(site.keep("i-1", kind, JPEG) for kind in kinds), kind="waterlogging",
        rule="waterlogging", readings=readings,
    )  # fmt: skip
    console.goto(f"{site.url}#/incidents/i-1")
    for words in ("道路积水", "积水（红色）", "禁行", "出现波纹", "最大水深", "31 厘米", "46%",
                  "上涨，每小时 12 厘米", "12:34"):  # fmt: skip
        expect(console.locator("gp-incident-page")).to_contain_text(words)
    readings = console.locator("gp-incident-page section").filter(has_text="测量值")
    expect(readings.locator("dt").first).to_have_text("状态")
    for name in ("标注图", "无积水时", "变化曲线"):
        console.get_by_role("button", name=name).click()
        expect(console.locator("gp-evidence img")).to_have_attribute("alt", name)
