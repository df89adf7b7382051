"""Cameras turned and set from the console, as far as a real ONVIF device."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from gateway.camera_control import CameraControl
from gateway.control_pool import ControlPool
from gateway.sources import Credentials

pytestmark = pytest.mark.browser


@pytest.fixture
def device(onvif_device):
    return onvif_device()


@pytest.fixture
def page(console, site, worker, device) -> Iterator[object]:
    """Return a tab on the page of the camera "road", which is the device."""
    pool = ControlPool()
    pool.start()
    road = replace(site.store.inventory.get("road"), address=f"onvif://{device.address}")
    site.store.inventory.replace(road)
    who, records = Credentials("admin", "right"), site.store.camera_controls
    control = CameraControl(road, who, pool, records, lambda _: None, lambda _: None)
    control.start()
    worker.controls["road"] = control
    console.goto(f"{site.url}#/cameras/road")
    yield console
    control.stop()
    pool.stop()


def moved(device, since: int = 0) -> list[str]:
    """Return what the device was told to do, without repeats of one held move."""
    told = device.motions[since:]
    return [one for number, one in enumerate(told) if number == 0 or told[number - 1] != one]


def test_a_held_button_turns_and_letting_go_stops(page, device):
    page.get_by_role("button", name="快").click()
    page.get_by_role("button", name="左上").hover()
    page.mouse.down()
    device.wait_until(lambda: len(device.motions) >= 3)
    page.mouse.up()
    device.wait_until(lambda: "stop" in device.motions)
    assert moved(device)[:2] == ["move -1.0 1.0 0.0", "stop"]


def test_arrow_keys_turn_while_they_are_down(page, device):
    page.get_by_role("button", name="慢").click()
    page.get_by_role("button", name="上", exact=True).focus()
    page.keyboard.down("ArrowRight")
    device.wait_until(lambda: len(device.motions) >= 2)
    page.keyboard.up("ArrowRight")
    device.wait_until(lambda: "stop" in device.motions)
    assert moved(device)[:2] == ["move 0.2 0.0 0.0", "stop"]
    since = len(device.motions)
    page.get_by_role("button", name="拉近").focus()
    page.keyboard.down("Enter")
    device.wait_until(lambda: len(device.motions) > since)
    page.keyboard.up("Enter")
    device.wait_until(lambda: "stop" in device.motions[since:])
    assert moved(device, since)[:2] == ["move 0.0 0.0 0.2", "stop"]


def test_a_page_that_is_left_stops_its_move(page, device, site):
    page.get_by_role("button", name="右", exact=True).hover()
    page.mouse.down()
    device.wait_until(lambda: len(device.motions) >= 1)
    page.evaluate("() => { location.hash = '#/incidents'; }")
    device.wait_until(lambda: "stop" in device.motions)


def test_views_are_kept_turned_to_and_removed(page, device):
    page.get_by_label("当前画面的名称").fill("河边")
    page.get_by_role("button", name="保存预置位").click()
    view = page.get_by_role("button", name="河边", exact=True)
    view.click()
    device.wait_until(lambda: any("p3" in one for one in device.motions))
    page.get_by_role("button", name="删除预置位 河边").click()
    page.get_by_role("button", name="删除", exact=True).click()
    expect(view).to_have_count(0)


def test_a_tour_is_begun_and_ended(page, site):
    page.get_by_text("预置位巡航").click()
    page.get_by_label("每个预置位停留秒数").fill("30")
    page.get_by_role("button", name="开始巡航").click()
    expect(page.get_by_text("巡航中")).to_be_visible()
    page.get_by_role("button", name="停止巡航").click()
    expect(page.get_by_text("巡航中")).to_have_count(0)


def test_the_picture_and_the_clock_are_set_and_the_camera_restarted(page, device, site):
    page.get_by_text("画面设置").click()
    contrast = page.get_by_role("slider", name="对比度")
    before = float(contrast.input_value())
    contrast.focus()
    page.keyboard.press("ArrowRight")
    expect(contrast).to_have_value(f"{before + 1:g}")
    device.wait_until(lambda: "SetImagingSettings" in device.asked)
    page.get_by_role("button", name="校准时钟").click()
    expect(page.get_by_text("时钟已校准。")).to_be_visible()
    page.get_by_role("button", name="重启摄像机").click()
    page.get_by_role("button", name="取消").click()
    assert "SystemReboot" not in device.asked
    page.get_by_role("button", name="重启摄像机").click()
    page.get_by_role("button", name="重启", exact=True).click()
    expect(page.get_by_text("正在重启。")).to_be_visible()
    assert "SystemReboot" in device.asked


def test_a_camera_that_offers_nothing_is_offered_nothing(console, site):
    console.goto(f"{site.url}#/cameras/road")
    expect(console.get_by_role("heading", name="东环路")).to_be_visible()
    for words in ("云台控制", "画面设置", "重启摄像机"):
        expect(console.get_by_text(words)).to_have_count(0)
