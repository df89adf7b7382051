"""Several models looking at the same cameras: each finds kinds of its own, their answers are one.

A town adds a model for smoke or floating rubbish beside the default one. A kind belongs to the
first model that knows it, so that two models never report one thing twice; a camera is looked at
only by the models whose kinds its rules name.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from vision.detector import Detector, PendingDetections, Prepared
from vision.errors import ModelError
from vision.types import Detections, FrameSize, Image, Kind, ObjectClass
from vision.weights import ModelSpec

PreparedSet: TypeAlias = tuple[Prepared, ...]
"""One picture made ready for each model of a set, in the set's order."""

Resize: TypeAlias = Callable[[FrameSize], Image]
"""Returns one picture at the size asked for, uint8 (height, width, 3), BGR."""

NO_CLASS: Final = -1
"""The index of a class that another model has taken over."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A model in a set.

    class_index: int16 (C,), by the model's own class index the set's, or NO_CLASS. classes: those
    it answers for, by the set's index.
    """

    detector: Detector
    class_index: npt.NDArray[np.int16]
    classes: Mapping[int, ObjectClass]

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it answers for."""
        return frozenset(one.kind for one in self.classes.values())


class PendingSet:
    """Pictures that all models of a set are working on."""

    __slots__ = ("_pending", "_set")

    def __init__(self, detectors: "DetectorSet", pending: list[PendingDetections]) -> None:
        self._set = detectors
        self._pending = pending

    def wait(self) -> list[Detections]:
        """Block until every model is done and return what each picture shows. Call it once."""
        answers = [one.wait() for one in self._pending]
        return [self._set.merge(answer) for answer in zip(*answers, strict=True)]


class DetectorSet:
    """Models side by side; one alone costs nothing more than it does by itself.

    classes: of all members by the set's class index, which is disjoint and does not depend on which
    members a camera needs. Methods may be called from several threads.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        """Take members of one `combine`, in their order."""
        self.members = tuple(members)
        self.classes: Mapping[int, ObjectClass] = {
            index: one for member in members for index, one in member.classes.items()
        }
        first = self.members[0]
        self._is_one_model = len(self.members) == 1 and first.classes == first.detector.classes

    @classmethod
    def combine(cls, detectors: Sequence[Detector]) -> "DetectorSet":
        """Return the set of at least one detector; a kind belongs to the first that knows it.

        Raises ModelError for a model that is left without a kind.
        """
        members: list[Member] = []
        taken: set[Kind] = set()
        offset = 0
        for detector in detectors:
            members.append(_member(detector, offset, taken))
            taken |= members[-1].kinds
            offset += max(detector.classes) + 1
        return cls(members)

    @property
    def specs(self) -> tuple[ModelSpec, ...]:
        """The members' specifications."""
        return tuple(member.detector.spec for member in self.members)

    @property
    def kinds(self) -> frozenset[Kind]:
        """What the set can find."""
        return frozenset(one.kind for one in self.classes.values())

    @property
    def in_flight(self) -> int:
        """How many jobs to keep started so that the device never waits."""
        return max(member.detector.runtime.in_flight for member in self.members)

    @property
    def batch(self) -> int:
        """How many pictures in one job use the device best; any other number works too."""
        return max(member.detector.runtime.batch for member in self.members)

    def spec_of(self, kind: Kind) -> ModelSpec | None:
        """Return the model that finds a kind; None when none does."""
        found = (one.detector.spec for one in self.members if kind in one.kinds)
        return next(found, None)

    def serving(self, kinds: Collection[Kind]) -> "DetectorSet":
        """Return the members that find any of these kinds, the first alone when none does."""
        wanted = [member for member in self.members if not member.kinds.isdisjoint(kinds)]
        return DetectorSet(wanted or self.members[:1])

    def prepare_from(self, source: FrameSize, resize: Resize) -> PreparedSet:
        """Return a picture of size `source` ready for every member; `resize` makes what they need.

        It is called once for each size: members of one input size share a picture.
        """
        ready: dict[FrameSize, Prepared] = {}
        for member in self.members:
            size = member.detector.input_size
            if size not in ready:
                letterbox = member.detector.letterbox_for(source)
                ready[size] = Prepared(letterbox.place(resize(letterbox.resized)), letterbox)
        return tuple(ready[member.detector.input_size] for member in self.members)

    def prepare(self, image: Image) -> PreparedSet:
        """Return a picture of any size, resized and framed with grey for every member."""
        return tuple(member.detector.prepare(image) for member in self.members)

    def start(self, pictures: Sequence[PreparedSet]) -> PendingSet:
        """Begin detecting in a batch of at least one picture."""
        pending = [
            member.detector.start(mine)
            for member, mine in zip(self.members, zip(*pictures, strict=True), strict=True)
        ]
        return PendingSet(self, pending)

    def merge(self, answers: Sequence[Detections]) -> Detections:
        """Return the members' answers to one picture as one, by falling score."""
        if self._is_one_model:
            return answers[0]
        index = np.concatenate(
            [
                member.class_index[answer.class_index]
                for member, answer in zip(self.members, answers, strict=True)
            ]
        )
        score = np.concatenate([answer.score for answer in answers])
        xyxy = np.concatenate([answer.xyxy for answer in answers])
        order = np.argsort(-score, kind="stable")
        rows = order[index[order] != NO_CLASS]
        return Detections(xyxy[rows], score[rows], index[rows], self.classes)

    def stream(self, images: Iterable[Image]) -> Iterator[Detections]:
        """Yield what each picture shows, in order, enough in flight to keep the device busy."""
        pending: deque[PendingSet] = deque()
        for image in images:
            pending.append(self.start([self.prepare(image)]))
            if len(pending) > self.in_flight:
                yield from pending.popleft().wait()
        for last in pending:
            yield from last.wait()


def _member(detector: Detector, offset: int, taken: Collection[Kind]) -> Member:
    """Return a detector as a member: its class indices moved by `offset`, kinds taken left out."""
    own = [one for one in detector.classes.values() if one.kind not in taken]
    if not own:
        kinds = ", ".join(sorted({one.kind for one in detector.classes.values()}))
        raise ModelError(
            f"model {detector.spec.name} finds {kinds} only, which a model before it finds "
            "already; list it first, or leave it out"
        )
    index = np.full(max(detector.classes) + 1, NO_CLASS, dtype=np.int16)
    for one in own:
        index[one.index] = offset + one.index
    classes = {
        offset + one.index: ObjectClass(offset + one.index, one.label, one.kind) for one in own
    }
    return Member(detector, index, classes)
