"""Streams tuned from the console, as far as a real ONVIF device: one, many, and back."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from gateway.onvif import encoder as encoder_module
from gateway.record_mode import RecordMode

pytestmark = pytest.mark.browser

ASKED_MS = 30_000


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    monkeypatch.setattr(encoder_module, "READ_BACK_PAUSE_S", 0.0)


@pytest.fixture
def device(onvif_device, onvif_server):
    sub = onvif_server.Encoder(1280, 720, constant=True)
    return onvif_device(encoders={"e1": onvif_server.Encoder(2560, 1440), "e2": sub})


@pytest.fixture
def road(site, device):
    """Return the camera "road", which is the device."""
    streams = {"main_uri": "rtsp://127.0.0.1:554/main", "sub_uri": "rtsp://127.0.0.1:554/sub"}
    kept = {"address": f"onvif://{device.address}", "username": "admin"} | streams
    road = replace(site.store.inventory.get("road"), **kept)
    site.store.inventory.replace(road)
    site.store.inventory.set_password("road", "right")
    return road


def asked(page):
    card = page.locator("gp-tuning")
    card.get_by_role("button", name="询问摄像机").click()
    expect(card.get_by_text("可节省")).to_be_visible(timeout=ASKED_MS)
    return card


def test_a_recorded_stream_is_tuned_when_accepted_after_a_question_and_undone(
    console, site, road, device
):
    site.store.inventory.replace(replace(road, record=RecordMode.CONTINUOUS))
    console.goto(f"{site.url}#/cameras/road")
    card = console.locator("gp-tuning")
    card.get_by_role("button", name="询问摄像机").click()
    expect(card.get_by_text("可节省")).to_be_visible(timeout=ASKED_MS)
    expect(card).to_contain_text("H.264 1280×720 · 25 fps · 关键帧间隔 2 秒 · 固定 2048 kbit/s")
    expect(card).to_contain_text("H.264 640×360 · 6 fps · 关键帧间隔 2 秒 · 不超过 160 kbit/s")
    expect(card).to_contain_text("网络 1888 kbit/s，解码像素 94%")
    apply = card.get_by_role("button", name="应用")
    expect(apply).to_be_disabled()
    card.get_by_role("checkbox").check()
    apply.click()
    card.get_by_role("button", name="取消").click()
    assert device.encoders["e2"].kbps == 2048
    apply.click()
    card.get_by_role("button", name="优化", exact=True).click()
    expect(card.get_by_role("status")).to_have_text("已优化。", timeout=ASKED_MS)
    assert (device.encoders["e2"].kbps, device.encoders["e2"].constant) == (160, False)
    card.get_by_role("button", name="撤销").click()
    expect(card.get_by_role("status")).to_have_text("已恢复原设置。", timeout=ASKED_MS)
    assert (device.encoders["e2"].kbps, device.encoders["e2"].constant) == (2048, True)


def test_many_are_looked_at_tuned_and_set_back(console, site, road, device):
    site.add_camera("bridge", "南桥")
    gone = replace(site.store.inventory.get("bridge"), address="onvif://127.0.0.1:1")
    site.store.inventory.replace(gone)
    console.goto(f"{site.url}#/cameras")
    console.reload()  # the list of before hears of the other camera a moment later
    many = console.locator("gp-tune-many")
    many.get_by_role("button", name="码流优化").click()
    expect(many.get_by_role("status").last).to_contain_text("1可优化", timeout=ASKED_MS)
    refused = many.locator("li").filter(has_text="南桥")
    expect(refused).to_contain_text("该地址没有应答")
    assert device.encoders["e2"].kbps == 2048
    many.get_by_role("button", name="优化 1 台", exact=True).click()
    expect(many.get_by_role("status").last).to_contain_text("1已优化", timeout=ASKED_MS)
    assert device.encoders["e2"].kbps == 160
    many.get_by_role("button", name="恢复原设置").click()
    expect(many.get_by_role("status").last).to_contain_text("1已恢复", timeout=ASKED_MS)
    assert device.encoders["e2"].kbps == 2048
    many.get_by_role("button", name="关闭").click()
    expect(many.locator("dialog")).to_be_hidden()
