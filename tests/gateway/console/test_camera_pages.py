"""Cameras in the console: listed, found, taken in, imported, changed; against real devices."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from gateway.record_mode import RecordMode
from gateway.store.camera_states import StreamFacts
from gateway.store.tables import users
from gateway.store.users import Role

pytestmark = pytest.mark.browser

MEASURED_MS = 60_000
BAD_CSV = """编号,名称,通道编码,纬度,经度,地址,主码流
,好点位,,,,,rtsp://192.168.1.70/live
,坏编码,3.30102E+19,,,192.168.1.71,
,坏纬度,,95,120,192.168.1.72,
road,东环路北,,,,,
"""


def csv_file(text: str, encoding: str = "utf-8-sig") -> dict[str, object]:
    """Return a file to be chosen."""
    return {"name": "摄像机.csv", "mimeType": "text/csv", "buffer": text.encode(encoding)}


def go(page, site, route: str) -> None:
    page.goto(f"{site.url}{route}")


@pytest.fixture
def village(console, site):
    """Return a tab that lists three cameras: one well, one lost, one switched off."""
    lost = {"state": "unreachable", "code": "unreachable", "detail": "timed out", "stream": None}
    site.add_camera("bridge", "南桥", **lost)
    site.add_camera("pond", "山塘")
    pond = site.store.inventory.get("pond")
    site.store.inventory.replace(replace(pond, enabled=False))
    slow = StreamFacts("hevc", 704, 576, 12.5, 8.0, "arrival")
    site.report("road", stream=slow, reader="ffmpeg", transport="udp", note="speaks oddly")
    go(console, site, "#/cameras")
    expect(console.locator("tbody tr")).to_have_count(3)
    return console


def test_the_list_tells_how_each_camera_fares_and_begins_with_the_worst(village):
    bridge, road, pond = (village.locator("tbody tr").nth(number) for number in range(3))
    expect(bridge).to_contain_text("摄像机地址无应答，请检查供电和网络。")
    for words in ("东环路", "在线", "H.265 704×576", "12.5", "8 秒", "FFmpeg · UDP", "事件录像"):
        expect(road).to_contain_text(words)
    expect(pond).to_contain_text("已停用")


def test_why_a_camera_is_not_well_is_told_in_the_readers_language(village, site):
    why = "The stream answers, but gives no picture for 12 s; restart the camera if this goes on."
    site.report("bridge", state="stalled", code="stalled", detail=why)
    go(village, site, "#/cameras/bridge")
    expect(village.get_by_text("码流有应答，但 12 秒没有画面")).to_be_visible()
    village.evaluate("import('./static/language.js').then((it) => it.useLanguage('en'))")
    expect(village.get_by_text(why)).to_be_visible()


def test_cameras_are_found_by_words_and_state(village):
    rows = village.locator("tbody tr")
    village.get_by_role("button", name=re.compile("^异常 1")).click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("南桥")
    village.get_by_role("button", name=re.compile("^全部")).click()
    village.get_by_role("searchbox").fill("第三 山塘")
    expect(rows).to_have_count(1)
    village.get_by_role("searchbox").fill("没有的")
    expect(village.get_by_text("没有符合条件的摄像机。")).to_be_visible()


def test_a_camera_is_switched_off_and_removed_after_a_question(village, site):
    switch = village.get_by_role("switch", name="启用 东环路")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert not site.store.inventory.get("road").enabled
    village.get_by_role("button", name="删除 南桥").click()
    village.get_by_role("button", name="取消").click()
    expect(village.locator("tbody tr")).to_have_count(3)
    village.get_by_role("button", name="删除 南桥").click()
    village.get_by_role("button", name="删除", exact=True).last.click()
    expect(village.locator("tbody tr")).to_have_count(2)
    assert {camera.id for camera in site.store.inventory.cameras()} == {"road", "pond"}


def test_an_operator_sees_the_list_and_no_administration(tab, site, signing_in):
    with site.store._database.write() as connection:
        connection.execute(update(users).values(role=Role.OPERATOR))
    tab.goto(site.url)
    signing_in(tab, site)
    go(tab, site, "#/cameras")
    expect(tab.locator("tbody tr")).to_have_count(1)
    expect(tab.get_by_role("switch")).to_have_count(0)
    expect(tab.get_by_role("link", name="添加摄像机")).to_have_count(0)
    for route in ("#/add", "#/import", "#/cameras/road/settings"):
        go(tab, site, route)
        expect(tab.get_by_text("只有管理员可以操作。")).to_be_visible()
    go(tab, site, "#/cameras/road")
    expect(tab.get_by_role("link", name="录像回放")).to_be_visible()
    expect(tab.get_by_role("link", name="设置")).to_have_count(0)


def dial_by_network(site) -> None:
    """Give every camera an address that a file may hold."""
    for camera in site.store.inventory.cameras():
        uri = f"rtsp://192.168.1.64/{camera.id}"
        site.store.inventory.replace(replace(camera, address=uri, main_uri=uri, sub_uri=None))


def test_every_mistake_of_a_file_is_told_before_anything_is_changed(console, site):
    dial_by_network(site)
    go(console, site, "#/import")
    console.locator("input[type=file]").set_input_files(csv_file(BAD_CSV, "gb18030"))
    wrong = console.get_by_role("table").first.locator("tbody tr")
    expect(wrong).to_have_count(2)
    for row, told in enumerate(
        (("3", "通道编码", "3.30102E+19", "Excel 已把这个数字"), ("4", "纬度", "95", "-90 到 90"))
    ):
        for cell, words in enumerate(told):
            expect(wrong.nth(row).locator("td").nth(cell)).to_contain_text(words)
    planned = console.get_by_role("table").last.locator("tbody tr")
    expect(planned.nth(0)).to_contain_text(re.compile("新增.*好点位", re.DOTALL))
    expect(planned.nth(1)).to_contain_text(re.compile("有变化.*东环路北.*名称", re.DOTALL))
    start = console.get_by_role("button", name="导入 2 台摄像机")
    expect(start).to_be_disabled()
    console.get_by_label("跳过有错误的行").check()
    console.get_by_label("先逐台连接，只导入有画面的摄像机").uncheck()
    assert len(site.store.inventory.cameras()) == 1
    start.click()
    expect(console.get_by_text("已导入 2 台，失败 0 台")).to_be_visible()
    assert {camera.name for camera in site.store.inventory.cameras()} == {"好点位", "东环路北"}


def test_what_is_no_list_is_refused_in_words(console, site):
    go(console, site, "#/import")
    console.locator("input[type=file]").set_input_files(csv_file("只有一格"))
    expect(console.get_by_text("所填内容不能使用。")).to_be_visible()


def test_an_exported_file_can_be_imported_again(village, site, tmp_path):
    dial_by_network(site)
    village.get_by_role("button", name="导出").click()
    with village.expect_download() as download:
        village.get_by_role("button", name="导出").last.click()
    exported = tmp_path / download.value.suggested_filename
    download.value.save_as(exported)
    assert exported.name == "cameras.csv"
    go(village, site, "#/import")
    village.locator("input[type=file]").set_input_files(exported)
    expect(village.locator(".counts")).to_contain_text("3保持不变")


@pytest.fixture
def device(virtual_camera):
    return virtual_camera


def sign_in_to(page, device) -> None:
    """Type in the user and password of a device."""
    page.get_by_label("摄像机用户名").last.fill(device.credentials.user)
    page.get_by_label("摄像机密码").last.fill(device.credentials.password)


def test_from_an_address_to_a_measured_camera(console, site, device):
    go(console, site, "#/add")
    console.get_by_role("button", name="填写地址").click()
    console.get_by_label("摄像机地址").fill(device.address)
    sign_in_to(console, device)
    console.get_by_label("摄像机密码").fill("wrong")
    console.get_by_role("button", name="连接并检测").click()
    expect(console.get_by_text(re.compile("摄像机拒绝了用户名或密码"))).to_be_visible()
    sign_in_to(console, device)
    console.get_by_role("button", name="连接并检测").click()
    expect(console.get_by_text("有画面")).to_be_visible(timeout=MEASURED_MS)
    for words in ("1280×544", "640×272", "H.264", "25 fps", "可直接播放"):
        expect(console.locator("gp-survey")).to_contain_text(words)
    console.get_by_label("名称").fill("北山路口")
    console.get_by_label("所属单位").fill("北山村")
    console.get_by_role("button", name="保存摄像机").click()
    expect(console.get_by_text("北山路口 已添加。")).to_be_visible()
    (camera,) = (one for one in site.store.inventory.cameras() if one.name == "北山路口")
    assert (camera.unit, camera.address) == ("北山村", f"onvif://{device.address}")
    assert '"device":"' in camera.survey
    assert site.store.inventory.password(camera.id) == device.credentials.password
    change_settings(console, site, camera.id)


def change_settings(page, site, camera_id: str) -> None:
    """A new name is kept at once; a new way to dial only after a test, which here fails."""
    go(page, site, f"#/cameras/{camera_id}/settings")
    page.get_by_label("名称").fill("北山路口东")
    page.locator("select[name=record]").select_option("continuous")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存", exact=True)).to_be_visible()
    kept = site.store.inventory.get(camera_id)
    assert (kept.name, kept.record) == ("北山路口东", RecordMode.CONTINUOUS)
    page.get_by_label("主码流").fill(kept.main_uri.replace("video_main", "nothing"))
    page.get_by_label(re.compile("^子码流")).fill("")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("gp-camera-settings-page").get_by_role("alert")).to_contain_text(
        re.compile("地址|断开|视频"), timeout=MEASURED_MS
    )
    assert site.store.inventory.get(camera_id).main_uri == kept.main_uri


def test_found_cameras_are_taken_in_at_once_and_refused_ones_tried_again(
    console, site, virtual_cameras
):
    road, square = virtual_cameras.values()
    go(console, site, "#/add")
    console.get_by_role("button", name="搜索", exact=True).click()
    expect(console.get_by_text(re.compile("^找到 [0-9]+ 台$"))).to_be_visible()
    for device in (road, square):
        found = console.locator("gp-search li").filter(has_text=device.address)
        found.get_by_role("checkbox").check()
    console.get_by_role("button", name="添加勾选的 2 台").click()
    many = console.locator("gp-adopt-many")
    sign_in_to(console, road)
    many.get_by_label("所属单位").fill("东山村")
    many.get_by_role("checkbox", name=re.compile("^优化分析码流")).check()
    many.get_by_role("button", name="添加 2 台摄像机").click()
    expect(many.get_by_text("已添加 1 台，失败 1 台")).to_be_visible(timeout=MEASURED_MS)
    taken = many.locator("li").filter(has_text=road.address)
    expect(taken).to_contain_text("码流未优化：摄像机有应答")
    refused = many.locator("li").filter(has_text=square.address)
    expect(refused).to_contain_text("摄像机拒绝了用户名或密码")
    sign_in_to(console, square)
    many.get_by_role("button", name="重试其余 1 台").click()
    expect(many.get_by_text("已添加 2 台，失败 0 台")).to_be_visible(timeout=MEASURED_MS)
    kept = {camera.address.partition("://")[2]: camera for camera in site.store.inventory.cameras()}
    for device in (road, square):
        camera = kept[device.address]
        assert (camera.name, camera.unit) == (device.scene.name, "东山村")


def test_a_search_of_strangers_is_refused_and_one_can_be_stopped(console, site):
    go(console, site, "#/add")
    console.get_by_role("button", name="地址段").click()
    ranges = console.get_by_label("地址段", exact=True)
    ranges.fill("8.8.8.0/24")
    console.get_by_role("button", name="搜索", exact=True).last.click()
    expect(console.get_by_text("请确认那里的设备归您管理")).to_be_visible()
    ranges.fill("127.0.0.0/23")
    console.get_by_label("端口").fill("1, 2, 3, 4")
    console.get_by_role("button", name="搜索", exact=True).last.click()
    console.get_by_role("button", name="停止").click()
    expect(console.get_by_text(re.compile("^没有设备应答"))).to_be_visible()


@pytest.mark.parametrize("width", [390, 1920])
def test_no_page_is_wider_than_its_screen_or_has_nameless_controls(village, site, unnamed, width):
    village.set_viewport_size({"width": width, "height": 844})
    for route, heading in (
        ("#/cameras", "摄像机"),
        ("#/add", "添加摄像机"),
        ("#/import", "导入摄像机"),
        ("#/cameras/road/settings", "东环路 的设置"),
        ("#/cameras/road/recordings", "东环路 录像回放"),
    ):
        go(village, site, route)
        expect(village.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        assert village.evaluate("() => document.documentElement.scrollWidth") <= width, route
        assert village.evaluate(unnamed) == [], route
