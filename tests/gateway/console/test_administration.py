"""Administration in the console: people, who is told, the plan, rules drawn on a picture, proof."""

import json
import os
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from gateway.store.tables import users
from gateway.store.users import Role

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
WALL = {"width": 1920, "height": 1080}


def shots(page, name: str) -> None:
    """Keep pictures of a page where somebody asked for them: phone and wall, dark and light."""
    if folder := os.environ.get("GRIDPATROL_SHOTS"):
        before = page.viewport_size
        for size in (PHONE, WALL):
            page.set_viewport_size(size)
            for scheme, language in (("dark", "zh-CN"), ("light", "en")):
                page.emulate_media(color_scheme=scheme)
                use = f"import('./static/language.js').then((it) => it.useLanguage('{language}'))"
                page.evaluate(use)
                path = f"{folder}/{name}-{size['width']}-{language}.png"
                page.screenshot(path=path, full_page=True)
        page.evaluate("import('./static/language.js').then((it) => it.useLanguage('zh-CN'))")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(before)


def test_units_people_and_who_is_told(console, site, unnamed):
    console.get_by_role("link", name="管理").click()
    shots(console, "administration")
    console.get_by_role("link", name="单位与人员").click()
    console.get_by_role("button", name="添加单位").click()
    console.get_by_label("名称").fill("东山村")
    console.get_by_label("编号").fill("dongshan")
    console.get_by_role("button", name="保存").click()
    console.get_by_role("button", name="添加人员").click()
    console.get_by_label("用户名").fill("li")
    console.get_by_role("button", name="添加", exact=True).click()
    made = console.get_by_role("dialog", name="li 的密码").get_by_role("status").inner_text()
    assert site.store.users.verify("li", made, "192.0.2.1").user.unit == "dongshan"
    console.get_by_role("button", name="我已记下").click()
    shots(console, "units")
    console.get_by_role("button", name="停用 li").click()
    console.get_by_role("dialog", name="停用 li？").get_by_role("button", name="停用").click()
    row = console.get_by_role("row", name="li 值班员")
    expect(row.get_by_text("停用", exact=True).first).to_have_class("mark bad")
    assert site.store.users.get("li").is_disabled
    console.goto(f"{site.url}#/administration/told")
    console.get_by_role("button", name="添加通知对象").click()
    form = console.get_by_role("form", name="添加通知对象")
    form.get_by_label("名称").fill("dongshan-duty")
    form.get_by_label("通知地址").fill("json://127.0.0.1:9/hook")
    form.get_by_label("时段（空为全天）").fill("8-20")
    form.get_by_role("button", name="保存").click()
    expect(form.locator("span[role=alert]")).to_contain_text("时段应写成")
    shots(console, "told-mistake")
    form.get_by_label("时段（空为全天）").fill("08:00-20:00")
    form.get_by_role("button", name="保存").click()
    expect(console.get_by_role("listitem").filter(has_text="dongshan-duty")).to_be_visible()
    (target,) = site.store.notices.targets()
    assert json.loads(target.wishes)["hours"] == ["08:00-20:00"]
    console.get_by_role("button", name="向 dongshan-duty 试发").click()
    expect(console.get_by_role("listitem").locator(".refusal")).to_be_visible()
    assert console.evaluate(unnamed) == []
    shots(console, "told")
    console.goto(f"{site.url}#/administration/deliveries")
    expect(console.get_by_role("heading", name="外发状态")).to_be_visible()
    shots(console, "deliveries")


def test_a_plan_is_written_with_its_mistakes_at_their_fields(console, site, unnamed):
    console.set_viewport_size(PHONE)
    console.goto(f"{site.url}#/administration/plan")
    console.get_by_role("button", name="添加班次").click()
    shift = console.locator("gp-plan-shift")
    shift.get_by_label("名称").fill("早班")
    console.get_by_role("button", name="添加巡逻任务").click()
    route = console.locator("gp-plan-route")
    route.get_by_label("名称", exact=True).fill("村内早晚巡")
    route.get_by_role("button", name="添加点位").click()
    route.get_by_label("点位颜色").select_option("yellow")
    console.get_by_role("button", name="保存计划").click()
    expect(shift.get_by_role("alert")).to_be_visible()
    assert site.store.patrol.plan() is None
    shift.get_by_label("班组（按天轮换，每行一组）").fill("张三、李四\n王五")
    shots(console, "plan")
    assert console.evaluate(unnamed) == []
    console.get_by_role("button", name="保存计划").click()
    expect(console.get_by_text("已保存")).to_be_visible()
    body = site.store.patrol.plan().body
    assert body.rota[0].crews == (("张三", "李四"), ("王五",))
    assert [(one.camera, one.colour) for one in body.routes[0].stops] == [("road", "yellow")]


def test_rules_are_drawn_on_the_picture(console, site, unnamed):
    console.goto(f"{site.url}#/cameras/road/rules")
    console.get_by_role("button", name="画警戒线").click()
    box = console.locator("gp-shapes .stage").bounding_box()
    for x, y in ((0.25, 0.5), (0.75, 0.6)):
        console.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    console.get_by_label("line-1 的名称").fill("堤顶")
    console.get_by_role("button", name="添加规则").click()
    form = console.locator("gp-rule-form")
    form.get_by_label("规则类型").select_option("crossing")
    form.get_by_label("监测位置").select_option("line-1")
    form.get_by_text("布防时间").click()
    form.get_by_label("时段（空为全天）").fill("nights")
    console.get_by_role("button", name="保存").click()
    expect(form.get_by_role("alert").filter(has_text="nights")).to_be_visible()
    form.get_by_label("时段（空为全天）").fill("22:00-06:00")
    console.get_by_role("button", name="选中堤顶").click()
    corner = console.get_by_role("button", name="堤顶 的第 1 个角点")
    corner.press("ArrowRight")
    shots(console, "rules")
    assert console.evaluate(unnamed) == []
    console.get_by_role("button", name="保存").click()
    expect(console.get_by_text("已保存")).to_be_visible()
    kept = site.store.inventory.get("road")
    line = next(one for one in json.loads(kept.zones) if one["id"] == "line-1")
    assert line["line"][0] == pytest.approx([0.26, 0.5], abs=0.004)
    (rule,) = json.loads(kept.rules)
    assert (rule["type"], rule["line"]) == ("crossing", "line-1")
    assert rule["arming"]["hours"] == ["22:00-06:00"]


def test_a_case_is_held_and_handed_on_and_the_log_knows(console, site, unnamed):
    site.change("i-1")
    console.goto(f"{site.url}#/incidents/i-1")
    proof = console.get_by_role("region", name="存证")
    proof.get_by_role("button", name="依法保全").click()
    console.get_by_label("原因").fill("县公安局 2026-17")
    console.get_by_role("dialog").get_by_role("button", name="依法保全").click()
    expect(proof).to_contain_text("县公安局 2026-17")
    proof.get_by_role("button", name="导出").click()
    shots(console, "export")
    with console.expect_download() as download:
        console.get_by_role("dialog").get_by_role("button", name="导出").click()
    assert download.value.suggested_filename == "case-i-1.zip"
    proof.get_by_role("button", name="解除保全").click()
    console.get_by_role("dialog").get_by_role("button", name="解除保全").click()
    expect(proof.get_by_role("button", name="依法保全")).to_be_visible()
    assert site.store.holds.all() == ()
    shots(console, "proof")
    proof.get_by_role("link", name="审计日志").click()
    for deed in ("保全案件", "导出案件", "解除案件保全"):
        expect(console.get_by_role("cell", name=deed)).to_be_visible()
    held = console.get_by_role("row").filter(has_text="保全案件")
    expect(held.get_by_role("link", name="案件 i-1")).to_be_visible()
    expect(held).to_contain_text("县公安局 2026-17")
    handed_on = console.get_by_role("row").filter(has_text="导出案件")
    expect(handed_on.get_by_text(re.compile("^人员已模糊处理 [是否]$"))).to_be_visible()
    console.get_by_role("button", name="校验日志链").click()
    expect(console.get_by_text("完整，共")).to_be_visible()
    shots(console, "audit")
    assert console.evaluate(unnamed) == []


def test_operators_see_what_they_may(tab, site, signing_in):
    with site.store._database.write() as connection:
        connection.execute(update(users).values(role=Role.OPERATOR))
    tab.goto(site.url)
    signing_in(tab, site)
    tab.get_by_role("link", name="管理").click()
    shown = tab.get_by_role("main").get_by_role("link")
    expect(shown).to_have_text(
        [re.compile(name) for name in ("单位与人员", "巡逻计划", "外发状态")]
    )
    tab.get_by_role("link", name="单位与人员").click()
    expect(tab.get_by_text("还没有单位")).to_be_visible()
    expect(tab.get_by_role("button", name="添加")).to_have_count(0)
    tab.goto(f"{site.url}#/administration/plan")
    expect(tab.get_by_text("只有管理员可以修改计划")).to_be_visible()
    expect(tab.get_by_role("button", name="保存计划")).to_have_count(0)
    tab.goto(f"{site.url}#/administration/audit")
    expect(tab.get_by_text("只有管理员可以操作")).to_be_visible()
