"""What a place looks like while nothing is wrong: the states of one fixed camera, learnt online.

A state is one picture of the dry or wet place in one light: noon, dusk, the hours of a tree's
shadow, infrared night, infrared night after rain. They are told apart by how the whole picture
looks once the brightness common to all of it is taken out. A state stays for being unlike the
others, never for being recent: the one night in a month that was wet outlives thirty sunny noons.

The bank has no switch to freeze it: whoever judges calls `learn` only while all is normal. A flood
that comes faster than it is noticed is kept out by the trial each new state stands.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from vision.errors import WaterError
from vision.types import Image
from vision.water.bank_file import BankContent, pack, unpack
from vision.water.reference import Look, Reference, ReferenceKind, cells_of, distance, look_of
from vision.water.types import Mask, Sample

MOST = 9
"""States kept of a camera; with the trials, and at 320x180, 1.9 MB."""
TRIALS = 2
"""States on trial at a time."""
SAME = 0.12
"""Two looks nearer than this show one state. Chosen, not measured, as NEAR_PART and NEAR_MARGIN: no
footage of one place through the hours and weathers was at hand."""
NEAR_PART = 0.6
"""The nearest state is told by the likest three fifths of the picture: the rest may be flooded."""
NEAR_MARGIN = 0.03
"""States so little further than the nearest are as good as it."""
CONFIRM_S, CONFIRM_LOOKS = 900.0, 5
"""A new state must be seen so often over so long: a flood is on watch before that, and watched
places are not learnt from."""
REFRESH_S, REFRESH = 3600.0, 0.1
"""A state follows its place (leaves, dirt, patched asphalt) by this share an hour: slower than any
flood."""
SETTLE_LOOKS, SETTLE_S = 5, 900.0
"""The first looks of a state, within so long, weigh alike: they take the sensor's noise out of it.
Days later a shower begins whose half wet ground would take the place of the wet."""
AROUND_PX = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Light around what is hidden is the mean of so far (standard deviations), nearest first: whatever
is shown nearby outweighs all further off, and something is shown near enough to every pixel."""
AROUND_FALLS = 4.0
"""The power of the distance by which the mean falls off."""
LOG_FLOOR = 4.0
"""Added before the logarithm: less is noise."""
TINY = 1e-12
"""Keeps ratios of nothing finite."""
SURELY = 0.01
"""A look nearer than this to what was seen of a state shows what was not. Measured in drawn rain:
0.004 to 0.009 once the ground is wet, 0.024 and more a minute before. Leaves and clouds may keep a
place from ever being as near: the look that a state follows once in REFRESH_S does as well."""
GUESSED_LOOKS = 5
"""What was only guessed of a state is known after so many looks, each of which counts as much as
all before it: the first may show the last half wet spots of a shower."""
DOUBT_LOOKS = 2.0
"""A state seen so often counts half for what it tells: one that was seen once was an accident."""


@dataclass(slots=True)
class _State:
    reference: Reference
    look: Look


class ReferenceBank:
    """The states of one camera; one owner, no lock.

    shape: height and width of its samples. `learn` and `teach` raise WaterError for another.
    Samples must lie on one another: the caller registers them to the first reference.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.revision = 0
        """Counts every change worth keeping across a restart."""
        self._states: list[_State] = []
        self._trials: list[_State] = []
        self._made = 0

    @property
    def references(self) -> tuple[Reference, ...]:
        """The states, in the order they were made."""
        return tuple(state.reference for state in self._states)

    def by_light(self, *, infrared: bool) -> tuple[Reference, ...]:
        """Return the states by one sort of light, in the order they were made."""
        return tuple(one for one in self.references if one.infrared == infrared)

    def nearest(self, sample: Sample, ignore: Mask) -> Reference | None:
        """Return the state a sample is most like; None when nothing was learnt of its kind yet.

        ignore: bool (height, width), what does not count, such as text on the picture.
        """
        return next(iter(self.near(sample, ignore, most=1)), None)

    def near(self, sample: Sample, ignore: Mask, most: int = 2) -> tuple[Reference, ...]:
        """Return the states about as like a sample as the nearest, nearest first."""
        self._check(sample)
        look = look_of(sample.image)
        hidden = cells_of(ignore | sample.blocked, look)
        ranked = sorted(
            (distance(look, state.look, hidden, NEAR_PART), place)
            for place, state in enumerate(self._states)
            if state.reference.infrared == sample.infrared
        )
        good = [place for far, place in ranked if far <= ranked[0][0] + NEAR_MARGIN]
        return tuple(self._states[place].reference for place in good[:most])

    def learn(self, sample: Sample, at: datetime) -> None:
        """Take in what the place looks like now; call it only while all is normal there."""
        self._check(sample)
        look = look_of(sample.image)
        alike = self._alike(self._states, sample, look)
        if alike is not None:
            self._follow(alike, sample, at)
        elif not any(state.reference.infrared == sample.infrared for state in self._states):
            self._keep(self._new(sample, at, ReferenceKind.DRY))
        else:
            self._try(sample, look, at)

    def teach(self, sample: Sample, at: datetime) -> Reference:
        """Keep a sample a person called "only wet" as a state of its own; return it.

        It replaces a taught state it is like.
        """
        self._check(sample)
        taught = [state for state in self._states if state.reference.taught]
        old = self._alike(taught, sample, look_of(sample.image))
        if old is not None:
            self._states.remove(old)
        state = self._new(sample, at, ReferenceKind.WET)
        state.reference = replace(state.reference, taught=True)
        self._keep(state)
        return state.reference

    def forget(self, reference_id: str) -> bool:
        """Drop a state, taught or not; return whether there was one of that id."""
        kept = [state for state in self._states if state.reference.id != reference_id]
        dropped = len(kept) < len(self._states)
        self._states = kept
        self.revision += dropped
        return dropped

    def to_bytes(self) -> bytes:
        """Return the bank as bytes for a file; what is on trial starts anew after a restart."""
        return pack(BankContent(self.shape, self.references, self._made, self.revision))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the bank those bytes hold; raises WaterError when they are damaged."""
        content = unpack(data)
        bank = cls(content.shape)
        bank._states = [_State(kept, look_of(kept.image)) for kept in content.references]
        bank._made, bank.revision = content.made, content.revision
        return bank

    def _check(self, sample: Sample) -> None:
        if sample.shape != self.shape:
            raise WaterError(
                f"a sample of {sample.shape} does not fit a bank of {self.shape} pixels;"
                " start a new bank when a camera's picture changes its proportions"
            )

    def _alike(self, states: list[_State], sample: Sample, look: Look) -> _State | None:
        """Return the state of those that a sample shows."""
        hidden = cells_of(sample.blocked, look)
        ranked = [
            (distance(look, state.look, hidden), state.reference.id, state)
            for state in states
            if state.reference.infrared == sample.infrared
        ]
        far, _, state = min(ranked, default=(SAME, "", None))
        return state if far < SAME else None

    def _follow(self, state: _State, sample: Sample, at: datetime) -> None:
        """Let a state take on a little of what it looks like now, and what was only guessed."""
        known = state.reference
        is_new = abs((at - known.made_at).total_seconds()) < SETTLE_S
        settling = known.looks < SETTLE_LOOKS and is_new
        is_due = abs((at - known.seen_at).total_seconds()) >= REFRESH_S
        if settling or is_due:
            weight = 1.0 / (known.looks + 1) if settling else REFRESH
            image = _blend(known.image, sample, weight)
            known = replace(known, image=image, looks=known.looks + 1, seen_at=at)
        known = _completed(known, sample, near=SAME if is_due else SURELY)
        if known is not state.reference:
            state.reference = known
            state.look = look_of(known.image)
            self.revision += 1

    def _try(self, sample: Sample, look: Look, at: datetime) -> None:
        """Put a state nobody knows on trial, or bring its trial further."""
        tried = self._alike(self._trials, sample, look)
        if tried is None:
            self._trials = [*self._trials, self._new(sample, at, ReferenceKind.DRY)][-TRIALS:]
            return
        known = tried.reference
        image = _blend(known.image, sample, 1.0 / (min(known.looks, SETTLE_LOOKS) + 1))
        known = replace(known, image=image, looks=known.looks + 1, seen_at=at)
        tried.reference = _completed(known, sample, SURELY)
        tried.look = look_of(tried.reference.image)
        lasted = (at - known.made_at).total_seconds()
        if lasted >= CONFIRM_S and tried.reference.looks >= CONFIRM_LOOKS:
            self._trials.remove(tried)
            self._keep(tried)

    def _new(self, sample: Sample, at: datetime, kind: ReferenceKind) -> _State:
        self._made += 1
        name = f"{'infrared' if sample.infrared else 'day'}-{self._made}"
        image = self._uncovered(sample)
        guessed = GUESSED_LOOKS * sample.blocked.astype(np.uint8) if sample.blocked.any() else None
        reference = Reference(name, image, at, at, sample.infrared, kind, guessed=guessed)
        return _State(reference, look_of(image))

    def _uncovered(self, sample: Sample) -> Image:
        """Return a sample's picture, with hidden ground as the likest state has it.

        Whoever stands there would stay in the new state for hours, and be missed as texture gone.
        """
        alike = [state for state in self._states if state.reference.infrared == sample.infrared]
        if not alike or not sample.blocked.any():
            return sample.image.copy()
        look = look_of(sample.image)
        hidden = cells_of(sample.blocked, look)
        likest = min(alike, key=lambda state: distance(look, state.look, hidden))
        return _patched(sample.image, sample.blocked, likest.reference.image)

    def _keep(self, state: _State) -> None:
        """Add a state, for the one that tells least of all that are there then."""
        self._states.append(state)
        self.revision += 1
        if len(self._states) > MOST:
            self._states.remove(min(self._states, key=self._usefulness))

    def _usefulness(self, state: _State) -> tuple[bool, float]:
        """Return whether a state was taught, and how much would be lost with it."""
        known = state.reference
        nothing = np.zeros(state.look.shape, dtype=np.bool_)
        apart = min(
            (
                distance(state.look, other.look, nothing)
                for other in self._states
                if other is not state and other.reference.infrared == known.infrared
            ),
            default=1.0,
        )
        return known.taught, apart * known.looks / (known.looks + DOUBT_LOOKS)


def _completed(known: Reference, sample: Sample, near: float) -> Reference:
    """Return a state with more of what a sample shows of what was only guessed of it.

    In the light of what was seen of the state, and from a sample nearer to that than `near`.
    """
    if known.guessed is None:
        return known
    guessed = known.guessed > 0
    shown = guessed & ~sample.blocked
    look, seen = look_of(sample.image), look_of(known.image)
    far = distance(look, seen, cells_of(guessed | sample.blocked, look))
    if not shown.any() or far >= near:
        return known
    found = _patched(known.image, guessed, sample.image)
    image = np.where(
        shown[:, :, None], cv2.addWeighted(known.image, 0.5, found, 0.5, 0), known.image
    )
    left = np.where(shown, known.guessed - 1, known.guessed)
    return replace(known, image=image, guessed=left if left.any() else None)


def _patched(image: Image, hidden: Mask, other: Image) -> Image:
    """Return a picture, hidden pixels from another in the light around them.

    Each takes the light of what is shown nearest to it, so that none is left without and no seam
    shows: a step that is not on the ground would be texture that is missed for as long as the
    state is kept.
    """
    shown = (~hidden).astype(np.float32)
    brighter = shown[:, :, None] * (_logarithm(image) - _logarithm(other))
    light, weight = np.zeros_like(brighter), np.zeros_like(shown)
    for reach_px in AROUND_PX:
        part = reach_px**-AROUND_FALLS
        light += part * cv2.GaussianBlur(brighter, (0, 0), reach_px)
        weight += part * cv2.GaussianBlur(shown, (0, 0), reach_px)
    factor = np.exp(light / np.maximum(weight, TINY)[:, :, None])
    lit = np.clip((other + LOG_FLOOR) * factor - LOG_FLOOR, 0, 255).astype(np.uint8)
    return np.where(hidden[:, :, None], lit, image)


def _logarithm(image: Image) -> npt.NDArray[np.float32]:
    return np.asarray(np.log(image + np.float32(LOG_FLOOR)), np.float32)


def _blend(image: Image, sample: Sample, weight: float) -> Image:
    """Return a picture with a share of a sample in it, wherever nothing stands in the way."""
    mixed = image + weight * (sample.image.astype(np.float32) - image)
    mixed = np.where(sample.blocked[:, :, None], image, np.rint(mixed))
    return np.asarray(mixed, dtype=np.uint8)
