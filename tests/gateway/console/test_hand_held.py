"""A phone in the hand: every page fits its width, fingers hit what is there, fields do not zoom."""

import os
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from gateway.clock import utc_now
from gateway.config import SiteSettings
from gateway.patrol_file import PlanBody

pytestmark = pytest.mark.browser

LONG_NAME = "青溪镇上塘村第十二网格老年活动中心门口东南角广场全景球机一号"
PAGES = {
    "#/": "视频墙",
    "#/incidents": "事件",
    "#/incidents/i-1": "人员出现 东环路 · 事件",
    "#/patrol": "巡逻",
    "#/report": "随手拍",
    "#/cameras": "摄像机",
    "#/cameras/road": "东环路 · 摄像机",
    "#/cameras/long": f"{LONG_NAME} · 摄像机",
    "#/cameras/long/settings": f"{LONG_NAME} · 设置",
    "#/cameras/long/recordings": f"{LONG_NAME} · 录像回放",
    "#/cameras/long/rules": f"{LONG_NAME} · 规则",
    "#/cameras/long/water": f"{LONG_NAME} · 水面监测区",
    "#/cameras/road/water": "东环路 · 水面监测区",
    "#/add": "添加摄像机",
    "#/import": "导入摄像机",
    "#/administration": "管理",
    "#/administration/units": "单位与人员",
    "#/administration/told": "通知对象",
    "#/administration/audit": "审计日志",
    "#/administration/plan": "巡逻计划",
    "#/administration/deliveries": "外发状态",
}
"""Addresses, and what the browser's tab calls them before the name of the site."""

SMALLEST_PX = 40
SMALLEST_TYPE_PX = 16
"""Below this, the browser of an iPhone magnifies the page when a field is entered."""

UNFIT = """([target, type]) => {
  const wrong = [];
  const walk = (root) => root.querySelectorAll("*").forEach((one) => {
    if (one.shadowRoot) walk(one.shadowRoot);
    const { width, height } = one.getBoundingClientRect();
    if (Math.min(width, height) <= 1 || !one.checkVisibility({ visibilityProperty: true })) return;
    if (one.matches("[type=checkbox], [type=radio], [type=file], .switch, .skip")) return;
    const { display, fontSize } = getComputedStyle(one);
    const isField = one.matches("select, input, textarea");
    const isTarget = isField || one.matches("a, button, summary") && display !== "inline";
    if (isTarget && Math.min(width, height) < target) wrong.push(`small: ${one.outerHTML}`);
    if (isField && parseFloat(fontSize) < type) wrong.push(`type: ${one.outerHTML}`);
  });
  walk(document);
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) wrong.push(`wide: ${scrollWidth}`);
  return wrong;
}"""


@pytest.fixture
def phone(chromium, site, signing_in):
    """Return a page that is touched, signed in; its clock is not the site's."""
    context = chromium.new_context(
        locale="zh-CN",
        timezone_id="America/New_York",
        has_touch=True,
        is_mobile=True,
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    page.goto(site.url)
    signing_in(page, site)
    expect(page.get_by_role("button", name="admin 的菜单")).to_be_visible()
    yield page
    context.close()


def unfit(page: Page, name: str) -> list[str]:
    """Return what is wrong with a page for a thumb; keep its picture where one is asked for."""
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("GRIDPATROL_SHOTS"):
        page.screenshot(path=f"{folder}/phone-{name}.png")
    return page.evaluate(UNFIT, [SMALLEST_PX, SMALLEST_TYPE_PX])


def test_every_page_fits_a_phone_and_a_finger(phone: Page, site):
    site.add_camera("long", LONG_NAME, state="unreachable", last_picture_at=None)
    site.change("i-1")
    wrong = {}
    for address, title in PAGES.items():
        phone.goto(site.url + address)
        expect(phone).to_have_title(f"{title} · 东山村")
        expect(phone.locator("main h1").first).to_be_visible()
        if found := unfit(phone, address.strip("#/").replace("/", "-") or "wall"):
            wrong[address] = found
    assert wrong == {}


def test_a_round_fits_a_phone_whatever_its_stops_are_called(phone: Page, site):
    site.add_camera("long", LONG_NAME)
    now, zone = utc_now(), SiteSettings().zone
    due = f"{now.astimezone(zone):%H:%M}"
    route = {"id": "all", "name": LONG_NAME, "at": [due], "stops": [{"camera": "long"}]}
    plan = PlanBody.model_validate({"rota": [], "routes": [route]})
    site.store.patrol.put_plan(plan, "admin", now - timedelta(minutes=2), zone)
    phone.goto(f"{site.url}#/patrol")
    phone.get_by_role("link", name="开始巡逻").tap()
    expect(phone.get_by_role("button", name="正常")).to_be_visible()
    assert unfit(phone, "round") == []


def test_a_tap_narrows_the_incidents_to_those_that_wait_for_somebody(phone: Page, site):
    site.change("i-1", opened_at=utc_now() - timedelta(days=3, hours=4))
    phone.goto(f"{site.url}#/incidents")
    card = phone.locator("gp-incident-card")
    for words in ("源头发现", "3 天 4 小时"):
        expect(card).to_contain_text(words)
    state = phone.get_by_label("状态")
    state.select_option("部门处置")
    expect(phone.get_by_text("没有符合条件的事件。")).to_be_visible()
    state.select_option("源头发现")
    expect(card).to_have_count(1)
    site.change("i-2", kind="crowd")
    expect(card).to_have_count(2)


def test_a_deadline_is_of_the_clock_on_the_wall_of_the_site(phone: Page, site):
    site.change("i-1")
    phone.goto(f"{site.url}#/incidents/i-1")
    for action in ("确认属实", "上报", "交办"):
        phone.get_by_role("button", name=action, exact=True).tap()
    phone.get_by_label("处置人").fill("镇环卫所")
    phone.get_by_label("完成时限").fill("2026-12-01T17:30")
    phone.get_by_role("button", name="交办", exact=True).tap()
    expect(phone.get_by_text("处置人 镇环卫所 · 2026-12-01 17:30:00 前完成")).to_be_visible()
    deadline = site.store.cases.get("i-1").case.deadline
    assert deadline == datetime(2026, 12, 1, 17, 30, tzinfo=SiteSettings().zone)
