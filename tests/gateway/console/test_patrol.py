"""Patrol on a phone: a round is walked, a finding reported, a note handed over, files attached."""

import os
from datetime import timedelta

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from gateway.clock import utc_now
from gateway.config import SiteSettings
from gateway.patrol_file import PlanBody
from gateway.store.incident_list import IncidentFilter
from gateway.store.tables import users
from gateway.store.users import Role

pytestmark = pytest.mark.browser

ZONE = SiteSettings().zone
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1920, "height": 1080}


def shots(page, name: str) -> None:
    """Keep pictures of a page where somebody asked for them: phone and desk, dark and light."""
    if folder := os.environ.get("GRIDPATROL_SHOTS"):
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            for theme in ("dark", "light"):
                page.emulate_media(color_scheme=theme)
                page.wait_for_timeout(400)
                page.screenshot(path=f"{folder}/{name}-{size['width']}-{theme}.png")
        page.set_viewport_size(PHONE)


def photo(width_px: int, shade: int) -> dict[str, object]:
    image = np.full((width_px * 3 // 4, width_px, 3), shade, np.uint8)
    data = cv2.imencode(".jpg", image)[1].tobytes()
    return {"name": f"{shade}.jpg", "mimeType": "image/jpeg", "buffer": data}


@pytest.fixture
def plan(site):
    """Have a route of two stops whose first round has just become due, and a shift all day."""
    now = utc_now()
    body = PlanBody.model_validate(
        {
            "rota": [{"shift": "全天", "starts": "00:00", "ends": "00:00", "crews": [["张三"]]}],
            "routes": [
                {
                    "id": "village",
                    "name": "村内早晚巡",
                    "unit": "东山村",
                    "at": [f"{now.astimezone(ZONE):%H:%M}"],
                    "stops": [
                        {"camera": "road", "name": "东环路口", "dwell_s": 2},
                        {"camera": "road", "id": "bridge", "name": "三组桥头", "colour": "yellow"},
                    ],
                }
            ],
        }
    )
    site.store.patrol.put_plan(body, "admin", now - timedelta(minutes=2), ZONE)
    return body


def test_a_round_is_walked_with_the_thumb(console, site, plan):
    console.set_viewport_size(PHONE)
    console.goto(f"{site.url}#/patrol")
    shots(console, "patrol")
    console.get_by_role("link", name="开始巡逻").click()
    normal = console.get_by_role("button", name="正常")
    expect(normal).to_be_enabled()
    box = normal.bounding_box()
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= PHONE["height"], "reached without scrolling"
    shots(console, "round")
    normal.click()
    expect(console.get_by_text("已巡 1/2 个点位")).to_be_visible()
    console.get_by_role("button", name="发现问题").click()
    console.get_by_role("button", name="垃圾", exact=True).click()
    console.get_by_label("情况描述").fill("垃圾桶满了")
    shots(console, "round-finding")
    console.get_by_role("button", name="上报", exact=True).click()
    expect(console.get_by_role("heading", name="本次巡逻已结束")).to_be_visible()
    shots(console, "round-ended")
    (stored,) = site.store.incident_list.page(IncidentFilter(kind="rubbish")).incidents
    assert stored.finding.text == "垃圾桶满了"
    console.get_by_role("link", name="返回今日巡逻").click()
    expect(console.get_by_role("heading", name="值班")).to_be_visible()
    expect(console.get_by_text("按时完成")).to_be_visible()
    console.get_by_label("给下一班的交接事项").fill("东门灯坏了")
    console.get_by_role("button", name="留下交接").click()
    console.get_by_role("button", name="接班").click()
    expect(console.get_by_text("admin 已接班")).to_be_visible()
    shots(console, "patrol-done")


def test_who_only_reports_has_one_page_that_sends_photos(tab, site, signing_in, unnamed):
    with site.store._database.write() as connection:
        connection.execute(update(users).values(role=Role.REPORTER, must_change_password=False))
    tab.set_viewport_size(PHONE)
    tab.context.grant_permissions(["geolocation"])
    tab.context.set_geolocation({"latitude": 30.12345, "longitude": 120.54321})
    tab.goto(site.url)
    signing_in(tab, site)
    send = tab.get_by_role("button", name="上报")
    expect(send).to_be_disabled()
    tab.get_by_label("拍照或选图").set_input_files([photo(4000, 80), photo(300, 200)])
    tab.get_by_role("button", name="道路破损").click()
    tab.get_by_role("button", name="使用定位").click()
    expect(tab.get_by_text("手机位置：30.12345, 120.54321")).to_be_visible()
    assert tab.evaluate(unnamed) == []
    shots(tab, "report")
    send.click()
    expect(tab.get_by_text("上报成功")).to_be_visible()
    (stored,) = site.store.incident_list.page(IncidentFilter(kind="road_damage")).incidents
    assert (stored.finding.latitude, len(stored.evidence)) == (30.12345, 2)


def test_a_note_carries_a_photo_that_the_trail_shows(console, site, unnamed):
    console.set_viewport_size(PHONE)
    site.change("i-1", kind="person_presence")
    console.goto(f"{site.url}#/incidents/i-1")
    console.get_by_role("button", name="备注").click()
    console.get_by_role("textbox", name="备注").fill("已到现场")
    paper = {"name": "结论.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
    console.get_by_label("添加图片或文件").set_input_files([photo(400, 120), paper])
    shots(console, "case-files")
    console.locator("gp-case form").get_by_role("button", name="备注").click()
    trail = console.locator("gp-case .trail")
    expect(trail.get_by_role("link", name="120.jpg")).to_be_visible()
    expect(trail.get_by_role("link", name="结论.pdf")).to_be_visible()
    shots(console, "case-trail")
    assert console.evaluate(unnamed) == []
