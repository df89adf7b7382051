"""What is proposed against false alarms, where incidents are: a person decides."""

import pytest
from playwright.sync_api import expect

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party

pytestmark = pytest.mark.browser


@pytest.fixture
def wrong(site):
    """Have three alarms of this hour called false because of insects, and three of plants."""
    now = utc_now()
    for number in range(6):
        reason = FalseAlarm.INSECT if number < 3 else FalseAlarm.PLANT
        rule = "persons" if number < 3 else "vehicles"
        incident = f"i-{number}"
        site.change(incident, rule=rule, opened_at=now, last_seen_at=now)
        deed = Deed(Action.DISMISS, Actor(Party.OPERATOR, "li"), now, reason=reason)
        site.store.cases.take(incident, deed, 0, CaseWriter("dongshan"))


def test_a_rule_is_changed_only_when_somebody_says_so(console, site, wrong):
    console.goto(f"{site.url}#/incidents")
    panel = console.get_by_role("region", name="误报处理建议")
    insects = panel.get_by_role("listitem").filter(has_text="persons")
    expect(insects).to_contain_text("延长确认时间")
    expect(insects).to_contain_text("须持续: 1 s → 3 s")
    assert site.store.rule_changes.of("road") == ()
    insects.get_by_role("button", name="修改规则").click()
    expect(panel.get_by_role("status")).to_have_text("规则已修改。")
    assert '"confirm_s": 3.0' in site.store.inventory.get("road").rules
    console.goto(f"{site.url}#/cameras/road")
    plants = console.get_by_role("region", name="误报处理建议").get_by_role("listitem")
    expect(plants).to_contain_text("重画区域")
    plants.get_by_role("button", name="不采纳").click()
    expect(plants).to_have_count(0)
    assert len(site.store.rule_changes.of("road")) == 1
