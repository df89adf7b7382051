"""Incidents of kinds that only a site's own models know."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

NAMES = {
    "person_presence": "人员出现",
    "smoke_presence": "烟雾出现",
    "construction_machine_crossing": "工程机械越线",
    "wheel_barrow_wrong_way": "wheel barrow逆行",
    "something_else": "something else",
}


def test_they_are_named_after_the_object_and_what_it_did(console, site):
    for kind in NAMES:
        site.change(f"i-{kind}", kind=kind)
    console.goto(f"{site.url}#/incidents")
    for name in NAMES.values():
        expect(console.locator("gp-incident-card", has_text=name)).to_have_count(1)
