"""Where proposals are made from what the store knows, and decisions about them are carried out."""

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from gateway.errors import ConfigError, NotFoundError
from gateway.rules_file import rules_from_json, rules_to_json, zones_to_json
from gateway.store import Store
from gateway.store.case_facts import FactsFilter
from gateway.store.rule_changes import RuleChange
from gateway.store.verdicts import ProposalVerdict
from gateway.suppression.proposals import WITHIN, Proposal, proposal, suspects
from gateway.units import Jurisdiction
from vision.rule import RuleSpec
from vision.rules import RuleSet

AHEAD: Final = timedelta(days=1)
"""Alarms of cameras whose clocks are ahead count as well."""


class SuppressionDesk:
    """Proposals of one site. zone: whose wall clock rules are armed by.

    within: the places that whoever asks may see, None for all.
    """

    def __init__(self, store: Store, zone: tzinfo, within: Jurisdiction | None = None) -> None:
        self._store = store
        self._zone = zone
        self._within = within

    def proposals(self, now: datetime) -> tuple[Proposal, ...]:
        """Return what is proposed now, the most frequent false alarms first."""
        period = FactsFilter(now - WITHIN, now + AHEAD, within=self._within)
        facts = self._store.case_facts.of(period, now)
        found = suspects(facts, self._store.verdicts.newest(), self._zone)
        sets = {one.camera_id: self._rules(one.camera_id) for one in found}
        made = (proposal(one, _spec(sets[one.camera_id], one.rule)) for one in found)
        return tuple(one for one in made if one is not None)

    def decide(
        self, proposal_id: str, by: str, now: datetime, *, verdict: bool, note: str = ""
    ) -> tuple[Proposal, bool]:
        """Accept a proposal (True) or refuse it; return it, and whether a camera's rules changed.

        Raises NotFoundError where it is not proposed any more: rules changed, or it was decided.
        """
        found = next((one for one in self.proposals(now) if one.id == proposal_id), None)
        if found is None:
            raise NotFoundError(
                f"{proposal_id} is not proposed any more: look at what is proposed now"
            )
        about = found.suspect
        decision = ProposalVerdict(
            camera_id=about.camera_id,
            rule=about.rule,
            reason=about.reason,
            remedy=found.remedy,
            proposal=found.text,
            is_accepted=verdict,
            at=now,
            by=by,
            note=note,
        )
        change = self._change(found, by, now) if verdict else None
        return found, self._store.verdicts.decide(decision, change)

    def _change(self, accepted: Proposal, by: str, now: datetime) -> RuleChange | None:
        if accepted.change is None:
            return None
        camera_id, spec = accepted.suspect.camera_id, accepted.change.spec
        rules = self._rules(camera_id)
        if rules is None:
            raise NotFoundError(f"there is no camera {camera_id}")
        changed = replace(
            rules, rules=tuple(spec if one.id == spec.id else one for one in rules.rules)
        )
        return RuleChange(
            camera_id, now, by, zones_to_json(changed), rules_to_json(changed), accepted.text
        )

    def _rules(self, camera_id: str) -> RuleSet | None:
        """Return what is watched for at a camera, None for one that is gone or misconfigured."""
        try:
            camera = self._store.inventory.get(camera_id)
            return rules_from_json(camera.zones, camera.rules)
        except (NotFoundError, ConfigError):
            return None


def _spec(rules: RuleSet | None, rule: str) -> RuleSpec | None:
    known = () if rules is None else rules.rules
    return next((one for one in known if one.id == rule), None)
