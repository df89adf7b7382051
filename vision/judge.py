"""A rule on duty: asked only about pictures fit to be judged, and silent while it is not armed."""

from dataclasses import replace
from datetime import datetime

from vision.rule import Counting, RuleSpec
from vision.scene import Scene, View, sighted_s
from vision.types import Condition, Finding, Tally


class Judge:
    """One rule of one camera; scenes come in the order of time."""

    def __init__(self, spec: RuleSpec, view: View) -> None:
        self._spec = spec
        self._view = view
        self._calendar = spec.arming.calendar(view.time_zone)
        self._rule = spec.build(view)
        self._judged_at: datetime | None = None
        self._was_blind = False

    def judge(self, scene: Scene) -> list[Finding]:
        """Return the rule's findings: none of an unfit picture, nothing that holds when unarmed.

        The rule goes on watching while it is not armed, so that it knows at once who has been there
        for how long. A tally is told whenever its interval ends; what passed while the rule was not
        armed is not in it.
        """
        if scene.unfit is not None:
            self._was_blind = True
            return []
        watched_s = None if self._was_blind else sighted_s(self._judged_at, scene.at)
        self._judged_at, self._was_blind = scene.at, False
        if self._calendar.is_armed(scene.at):
            return list(self._rule.judge(scene, watched_s))
        found = self._rule.judge(replace(scene, armed=False), watched_s)
        return [replace(one, holds=False) if isinstance(one, Condition) else one for one in found]

    def so_far(self) -> Tally | None:
        """Return the tally of the running interval; None where nothing is counted."""
        return self._rule.so_far() if isinstance(self._rule, Counting) else None

    def forget(self) -> None:
        """Know nothing of what was where, because the view has moved; also what was counted."""
        self._rule = self._spec.build(self._view)
        self._was_blind = True
