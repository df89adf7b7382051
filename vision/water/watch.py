"""One camera's watch of water, a look at a time: the whole flow from a sample to incidents.

sample ─► text ─► nearest states ─► registration ─► sight ─► evidence ─► level ─► state ─► incidents
                        ▲                                                           │
                        └──────────────── learnt from, while all is clear ◄─────────┘
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from vision.errors import WaterError
from vision.incidents import IncidentBook
from vision.types import Condition, Image, IncidentChange
from vision.water.bank import ReferenceBank
from vision.water.conditions import (
    SCENE_MOVED,
    SPECS,
    STATES,
    WATER_UNSEEN,
    WATERLOGGING,
    SightReport,
    scene_moved,
    waterlogging,
)
from vision.water.evidence import NetworkVote, judge_against
from vision.water.ground import Ground
from vision.water.lately import Lately
from vision.water.level import MarkBook
from vision.water.on_screen_text import TextFinder
from vision.water.reference import Reference
from vision.water.registration import Registration, aligned, luma_of, register
from vision.water.sight import Usual, unseen
from vision.water.slope import SlopeWatch
from vision.water.slope_file import pack_slopes, unpack_slopes
from vision.water.state import WaterJudgement, WaterMachine
from vision.water.types import (
    Evidence,
    Level,
    Mask,
    PlaceType,
    RainState,
    Sample,
    SlopeJudgement,
    Unseen,
    Wading,
    WaterReading,
    WaterSetup,
    WaterState,
)
from vision.water.votes import WaterVoter
from vision.water.wading import WadingWatch

BEYOND, LEAST_BEYOND = 0.5, 0.05
"""What begins beyond the zones as well, by this part of its share in them and at least so much, is
not gathering in the lowest places: it lies everywhere, as snow does."""
STIRRED = 0.01
"""The network is asked when another witness calls this share of the zones water: a fifth of what is
watched for; and as long as there is water."""


@dataclass(frozen=True, slots=True, eq=False)
class WaterOutcome:
    """What one look led to.

    after: the picture judged, laid over its reference; before: that reference; evidence.water is
    where the water is in both. All three are None when nothing could be compared. learnt: whether
    the bank or the marks changed and want to be kept. slope: what is known of the scene of a slope,
    where that is seen, with slope.where in both pictures; evidence is None there. wading: how far
    up persons water reaches at least, None where that cannot be told.
    """

    reading: WaterReading
    judgement: WaterJudgement
    changes: tuple[IncidentChange, ...]
    evidence: Evidence | None = None
    before: Image | None = None
    after: Image | None = None
    learnt: bool = False
    slope: SlopeJudgement | None = None
    wading: Wading | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A sample laid over the states it is most like; references: nearest first, none unless seen.

    sample: as it was while it could not be laid over anything. ignore: pixels that never count.
    """

    sample: Sample
    unseen: Unseen | None
    ignore: Mask
    references: tuple[Reference, ...] = ()


class WaterWatch:
    """The memory of one camera's watch of water; looks come in the order of time, from one thread.

    bank: the camera's states, learnt from here. marks: those of the setup and what they look like
    dry, learnt as well; None: nothing of them is known yet. Both want to be kept when a look says
    `learnt`. network: None without one. At a slope no water is told of, but whether its scene
    moved, by day and by infrared light apart.
    """

    def __init__(
        self,
        setup: WaterSetup,
        bank: ReferenceBank,
        network: WaterVoter | None = None,
        *,
        camera: str,
        marks: MarkBook | None = None,
    ) -> None:
        self.setup = setup
        self.bank = bank
        self.network = network
        self._ground = Ground.of(setup, bank.shape)
        self.marks = marks or MarkBook(setup.marks)
        self.wading = WadingWatch(self._ground.zones)
        self._text = TextFinder()
        self._usual: dict[tuple[int, bool], Usual] = {}
        self._machine = WaterMachine(setup)
        self._sight = SightReport()
        self._book = IncidentBook(camera, SPECS.values())
        self._slopes = {
            infrared: SlopeWatch(self._ground.zones, self._ground.permanent)
            for infrared in (False, True)
            if setup.place is PlaceType.SLOPE
        }
        self._scenes: dict[bool, SlopeJudgement] = {}
        self._evidence: Evidence | None = None
        self._lately = Lately()

    def adopt(self, told: Iterable[IncidentChange]) -> None:
        """Go on with what another process left open; for a new watch, before its first look."""
        told = tuple(told)
        self._book.adopt(told)
        for change in told:
            incident = change.incident
            if incident.rule == WATERLOGGING:
                self._machine.adopt(STATES[incident.severity], incident.opened_at)
            if incident.rule == WATER_UNSEEN:
                self._sight.adopt()
            if incident.rule == SCENE_MOVED:
                self._adopt_scene(incident.opened_at)

    def recall_slope(self, data: bytes) -> int:
        """Go on with what `slope_bytes` were made of; for a new watch, before its first look.

        Return by how many lights the slope is known now. Raises WaterError for damaged bytes.
        """
        known = unpack_slopes(data, self._ground.zones) if self._slopes else {}
        for infrared, usual in known.items():
            self._slopes[infrared].recall(usual)
        return len(known)

    def slope_bytes(self) -> bytes | None:
        """Return what the slope usually looks like, None where none is watched."""
        return pack_slopes(self._slopes) if self._slopes else None

    @property
    def text(self) -> Mask:
        """Where the camera writes on its picture, as it is known now; empty before any look."""
        return self._text.mask if self._ground.text is None else self._ground.text

    @property
    def _revision(self) -> tuple[int, ...]:
        slopes = (slope.revision for slope in self._slopes.values())
        return self.bank.revision, self.marks.revision, self.wading.revision, *slopes

    def _adopt_scene(self, since: datetime) -> None:
        nowhere = np.zeros(self.bank.shape, np.bool_)
        for infrared, slope in self._slopes.items():
            slope.adopt(since)
            self._scenes[infrared] = SlopeJudgement(
                at=since, moved=True, area_ratio=0.0, since=since, seen=False, where=nowhere
            )

    def look(self, sample: Sample, rain: RainState, *, away: bool = False) -> WaterOutcome:
        """Take in a sample. away: the camera is known to be turned from its usual view, or turning.

        Raises WaterError for a sample of another shape than the bank's.
        """
        if sample.shape != self.bank.shape:
            raise WaterError(
                f"a sample of {sample.shape} does not fit a watch of {self.bank.shape} pixels;"
                " start a new watch and bank when a camera's picture changes its proportions"
            )
        if away:
            return self.miss(sample.at, Unseen.AWAY, rain)
        view = self._view(sample)
        evidence = self._judge(view) if view.references and not self._slopes else None
        level = self.marks.read(view.sample, evidence) if evidence else None
        if evidence and level is None and self._is_all_over(evidence):
            view = replace(view, unseen=Unseen.COVERED)
        reading = _reading(view, evidence, level)
        shows_ground = bool(view.references) or view.unseen is Unseen.LEARNING
        self._lately.look(sample.at, view.sample if shows_ground else None)
        self._evidence = evidence or self._evidence
        revision = self._revision
        judgement = self._machine.step(reading, rain)
        slope = self._look_at_slope(view)
        if slope is None or not slope.moved:
            self._learn(view, judgement)
        wading = self._look_at_persons(view.sample, judgement, evidence)
        return WaterOutcome(
            reading=reading,
            judgement=judgement,
            changes=self._tell(judgement, wading),
            evidence=evidence,
            before=self._before(view, evidence),
            after=view.sample.image if view.references else None,
            learnt=self._revision != revision,
            slope=slope,
            wading=wading,
        )

    def miss(self, at: datetime, why: Unseen, rain: RainState) -> WaterOutcome:
        """Say that there is nothing to look at: no picture came, or the camera is turned."""
        self._lately.look(at, None)
        reading = WaterReading(at, why)
        judgement = self._machine.step(reading, rain)
        return WaterOutcome(reading, judgement, self._tell(judgement))

    def teach_wet(self) -> Reference | None:
        """Keep the ground as it looked of late as "only wet"; None where it was not seen of late.

        For a person to say. At a slope, that is to say that it may look as it does now.
        """
        ground = self._lately.ground()
        if ground is None:
            return None
        for slope in self._slopes.values():
            slope.accept()
        self._scenes.clear()
        return self.bank.teach(ground, ground.at)

    def finish(self, at: datetime) -> tuple[IncidentChange, ...]:
        """Close what is open, because no further look will come."""
        return tuple(self._book.close_all(at))

    def _view(self, sample: Sample) -> _View:
        """Lay a sample over the states it is most like, and say whether it shows the ground."""
        text = self._text.see(sample) if self._ground.text is None else self._ground.text
        ignore = text | self._ground.permanent
        references = self.bank.near(sample, ignore)
        if not references:
            return self._first_view(sample, ignore)
        registration = register(sample, luma_of(references[0].image), ignore)
        usual = self._usual_of(sample)
        why = unseen(sample, registration, self._ground.zones, ignore, usual)
        if why is not None:
            return _View(sample, why, ignore)
        # What is written on the sample moves with it as it is laid over; what is written on the
        # reference stays.
        written = replace(sample, blocked=sample.blocked | text)
        return _View(aligned(written, registration), None, ignore, references)

    def _first_view(self, sample: Sample, ignore: Mask) -> _View:
        """Return the view of a sample by a light in which nothing was learnt yet.

        It is laid over a state of another light where that can be recognised.
        """
        own = Usual.of([sample.image])
        at_home = register(sample, luma_of(sample.image), ignore)
        why = unseen(sample, at_home, self._ground.zones, ignore, own)
        if why is not None:
            return _View(sample, why, ignore)
        laid = self._laid_over_another_light(sample, ignore)
        return _View(laid or sample, Unseen.LEARNING if laid else Unseen.SHIFTED, ignore)

    def _laid_over_another_light(self, sample: Sample, ignore: Mask) -> Sample | None:
        """Return the sample laid over the first state, None when it lies too far off.

        As it is where there is no state, or where the lights have nothing in common.
        """
        if not self.bank.references:
            return sample
        found: Registration = register(sample, luma_of(self.bank.references[0].image), ignore)
        if found.ok:
            return aligned(sample, found)
        return None if found.found else sample

    def _usual_of(self, sample: Sample) -> Usual:
        """Return what the place usually shows by a sample's light."""
        key = (self.bank.revision, sample.infrared)
        if key not in self._usual:
            alike = self.bank.by_light(infrared=sample.infrared)
            self._usual = {key: Usual.of([reference.image for reference in alike])}
        return self._usual[key]

    def _judge(self, view: _View) -> Evidence:
        """Return the evidence against the state that explains most of what is seen.

        Once anything stirs, every state by that light is asked, and the network: a shadow that
        wanders covers what another drew on the ground of the likest, and is no water for that.
        """
        zones, ignore, sample = self._ground.zones, view.ignore, view.sample
        evidence = judge_against(sample, view.references, zones, ignore, None)
        if not self._is_stirred(evidence):
            return evidence
        states = self.bank.by_light(infrared=sample.infrared)
        vote = None if self.network is None else self._vote_on(sample.image, self.network)
        return judge_against(sample, states, zones, ignore, vote)

    @staticmethod
    def _vote_on(image: Image, network: WaterVoter) -> NetworkVote:
        return lambda reference: network.probability(image, reference.image)

    def _is_all_over(self, evidence: Evidence) -> bool:
        """Return whether what looks like water lies on all the ground and began nowhere.

        Water that began in the zones is known by the time it leaves them.
        """
        spread = evidence.beyond >= max(LEAST_BEYOND, BEYOND * evidence.area_ratio)
        wet = evidence.area_ratio >= STIRRED
        return self._machine.state is WaterState.NORMAL and wet and spread

    def _is_stirred(self, evidence: Evidence) -> bool:
        """Return whether there is something for more states, and the network, to judge."""
        return self._machine.state is not WaterState.NORMAL or (
            max(evidence.votes.values(), default=0.0) >= STIRRED
        )

    def _learn(self, view: _View, judgement: WaterJudgement) -> None:
        """Let the bank learn from what is clear.

        The first state by a new light is taken unseen, since there is nothing to see it by; but
        never while there is water or rain.
        """
        first = view.unseen is Unseen.LEARNING
        safe = judgement.state is WaterState.NORMAL and judgement.rain is not RainState.RAIN
        if not self.bank.references:
            self.wading.forget()
        if judgement.is_clear or (first and safe):
            self.bank.learn(view.sample, view.sample.at)
        if judgement.is_clear:
            self.marks.learn(view.sample)
            if judgement.rain is not RainState.RAIN and view.sample.feet is not None:
                self.wading.learn(view.sample.feet, view.sample.at)

    def _look_at_persons(
        self, sample: Sample, judgement: WaterJudgement, evidence: Evidence | None
    ) -> Wading | None:
        """Return how far up persons water reaches, None where there is none, or nobody to tell."""
        is_wet = judgement.seen and judgement.state is not WaterState.NORMAL
        if not is_wet or evidence is None:
            return None
        return self.wading.look(sample.feet, sample.at, evidence)

    def _look_at_slope(self, view: _View) -> SlopeJudgement | None:
        """Return what is known of the scene, None where it is not watched or not seen."""
        if not self._slopes or not view.references:
            return None
        judgement = self._slopes[view.sample.infrared].look(view.sample)
        self._scenes[view.sample.infrared] = judgement
        return judgement

    def _tell(
        self, judgement: WaterJudgement, wading: Wading | None = None
    ) -> tuple[IncidentChange, ...]:
        conditions = [*self._of_the_place(judgement, wading), self._sight.condition(judgement)]
        return tuple(self._book.step(judgement.at, conditions))

    def _of_the_place(
        self, judgement: WaterJudgement, wading: Wading | None
    ) -> Iterable[Condition]:
        """Return what holds at the place: water, or at a slope that its scene moved."""
        if not self._slopes:
            return (waterlogging(judgement, self.setup.place, self._evidence, wading),)
        known = sorted(self._scenes.values(), key=lambda scene: (scene.moved, scene.at))
        return [scene_moved(scene) for scene in known[-1:]]

    @staticmethod
    def _before(view: _View, evidence: Evidence | None) -> Image | None:
        """Return the picture of the state that was compared with, the nearest by default."""
        wanted = evidence.reference if evidence else None
        alike = [one for one in view.references if one.id == wanted] or view.references[:1]
        return alike[0].image if alike else None


def _reading(view: _View, evidence: Evidence | None, level: Level | None) -> WaterReading:
    """Return what the state machine takes in."""
    if evidence is None or view.unseen is not None:
        return WaterReading(view.sample.at, view.unseen)
    return WaterReading(
        at=view.sample.at,
        unseen=None,
        area_ratio=evidence.area_ratio,
        strength=evidence.strength,
        level=level,
        reference=evidence.reference,
    )
