"""One happening at two cameras, put together on the incident's page, and taken apart again."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from gateway.store.evidence import EvidenceType

pytestmark = pytest.mark.browser


@pytest.fixture
def two(site, samples, picture):
    """Put alarms of two cameras of one grid into the store, and an earlier one of the first."""
    raw = site.keep("i-2", EvidenceType.RAW, picture())
    yard = replace(samples.origin.camera, id="yard", name="南场院")
    site.change("i-0")
    site.change("i-1", subject="other")
    change = samples.change("i-2", camera="yard")
    origin = replace(samples.origin, camera=yard)
    site.store.incidents.record(change, origin, [raw], samples.compose)


def test_merged_with_all_evidence_and_split_again(console, site, two):
    console.goto(f"{site.url}#/incidents/i-1")
    same = console.get_by_role("region", name="是否同一事件？")
    expect(same.get_by_role("link", name="南场院")).to_be_visible()
    expect(same).to_contain_text("同一网格")
    before = console.get_by_role("region", name="此处以往事件")
    expect(before).to_contain_text("30 天内 1 次，其中误报 0 次")
    same.get_by_role("button", name="将其并入本事件").click()
    merged = console.get_by_role("region", name="已并入本事件")
    expect(merged.get_by_role("link", name="原图")).to_have_attribute(
        "href", "/api/evidence/" + raw_id(site)
    )
    expect(same).to_have_count(0)
    merged.get_by_role("link", name="南场院").click()
    steps = console.get_by_role("region", name="处置流程")
    expect(steps.get_by_role("link", name="所并入的事件")).to_be_visible()
    steps.get_by_role("button", name="拆出").click()
    expect(steps.get_by_role("link", name="所并入的事件")).to_have_count(0)


def test_what_is_not_the_same_is_said_and_taken_back(console, site, two):
    console.goto(f"{site.url}#/incidents/i-1")
    same = console.get_by_role("region", name="是否同一事件？")
    apart = console.get_by_role("region", name="已标为不是同一事件")
    same.get_by_role("button", name="不是同一事件").click()
    expect(same).to_have_count(0)
    expect(apart).to_contain_text("admin")
    apart.get_by_role("button", name="撤销标记").click()
    expect(apart).to_have_count(0)
    expect(same).to_be_visible()


def raw_id(site) -> str:
    (piece,) = site.store.incidents.get("i-2").evidence
    return piece.id
