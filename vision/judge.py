"""A rule on duty: asked only about pictures fit to be judged, and silent while it is not armed."""

from dataclasses import replace
from datetime import datetime

from vision.rule import RuleSpec
from vision.scene import Scene, View, sighted_s
from vision.types import Condition, Finding


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
        for how long.
        """
        if scene.unfit is not None:
            self._was_blind = True
            return []
        watched_s = None if self._was_blind else sighted_s(self._judged_at, scene.at)
        self._judged_at, self._was_blind = scene.at, False
        found = self._rule.judge(scene, watched_s)
        if self._calendar.is_armed(scene.at):
            return list(found)
        return [replace(one, holds=False) for one in found if isinstance(one, Condition)]

    def forget(self) -> None:
        """Know nothing of what was where, because the view has moved."""
        self._rule = self._spec.build(self._view)
        self._was_blind = True
