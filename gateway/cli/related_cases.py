"""The command that tells what belongs to a case."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

from gateway.cli.case import CaseId
from gateway.cli.output import ConfigOption, JsonOption, out, print_json, print_table
from gateway.config import load_settings

if TYPE_CHECKING:
    from gateway.store.related_cases import Repeats
    from gateway.workflow.same_happening import Match


def related(case_id: CaseId, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Tell what may be the same happening as a case, what was merged into it, what was before."""
    from gateway.data_directory import open_store

    settings = load_settings(config)
    with open_store(settings) as store:
        repeats = store.related.repeats(case_id)
        matches = store.related.matches(case_id, settings.joins)
        apart = store.related.apart(case_id)
        members = store.related.members(case_id)
    if json:
        print_json({"matches": matches, "apart": apart, "members": members, "repeats": repeats})
        return
    zone = settings.site.zone
    if matches:
        columns = ("same happening?", "camera", "began", "by", "m", "s between", "merge", "into")
        print_table(columns, (_match_line(case_id, one, zone) for one in matches))
    if apart:
        told = ((one.other.case_id, one.other.camera_name, one.deed.actor.name) for one in apart)
        print_table(("not the same", "camera", "said"), told)
    if members:
        out.print("merged into this one:")
        lines = ((one.incident.id, one.origin.camera.name, len(one.evidence)) for one in members)
        print_table(("case", "camera", "files of evidence"), lines)
    out.print(
        f"earlier by the same rule, 30 days: {repeats.count} ({repeats.false_alarms} false alarms)"
    )
    if repeats.cases:
        print_table(("case", "began", "then", "outcome", "reason"), _repeat_lines(repeats, zone))


def _match_line(case_id: str, found: "Match", zone: tzinfo) -> tuple[object, ...]:
    other = found.into if found.merge.case_id == case_id else found.merge
    return (
        other.case_id,
        other.camera_name,
        f"{other.opened_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        found.nearness,
        None if found.distance_m is None else round(found.distance_m),
        round(found.gap.total_seconds()),
        found.merge.case_id,
        found.into.case_id,
    )


def _repeat_lines(repeats: "Repeats", zone: tzinfo) -> Iterable[tuple[object, ...]]:
    for one in repeats.cases:
        began = f"{one.incident.incident.opened_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        yield one.case.id, began, one.case.step, one.case.outcome, one.case.reason
