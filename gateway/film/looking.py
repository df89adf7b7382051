"""A film's looks: what the detector sees in each picture that is due, most of them not decoded.

What is left out shows what stays in the key frames around it: nothing, or things at rest. So the
tracker and the rules take the same steps as if every picture had been looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gateway.film.eyes import Crew, FilmEyes, Glance
from gateway.film.packets import FrontToBackError, Group, PacketTable, read_groups, survey
from gateway.film.search import Flags, KeyLook, alike, resident, sparingly, stirring
from gateway.sources.clip import FILE_EPOCH
from gateway.video_file import SHORTFALL_S, VideoFile
from vision.activity import LEARN_S, Activity, ActivityState, LumaActivity
from vision.types import Detections, FrameSize, Kind

EDGE_S = 1.0
"""So much at each end of what is decoded must look like the key frame there; else more is decoded:
who comes into view or leaves it is detected in one look and missed in the next."""

WARM_UP = 12
"""So many key frames before a group tell what is usual there: about 25 seconds, twice the time in
which a background is learnt."""

KEYS_EVERY = 3
"""Of the key frames in which nothing stirs the detector sees every so many: each six seconds."""

KEYS_SHARE = 0.5
"""Part of the progress that the key frames are counted as."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmLook:
    """What one picture shows. at_s: seconds after the film's first picture.

    activity: what brightness shows at that moment, as a live camera's eye would see it.
    """

    at_s: float
    size: FrameSize
    detections: Detections
    activity: Activity


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A film searched. looks: by rising time. decoded_s: how much of it was decoded in full."""

    table: PacketTable
    looks: tuple[FilmLook, ...]
    decoded_s: float


def search_film(
    video: VideoFile,
    crew: Crew,
    fps: float,
    sure: Mapping[Kind, float],
    on_share: Callable[[float], None],
) -> Search:
    """Return what a film shows `fps` times a second.

    sure: score from which a detection counts, by kind. on_share: told the part done, 0-1.
    Raises FrontToBackError for a film that cannot be searched.
    """
    table = survey(video.path)
    if (video.facts.duration_s or 0.0) - table.at_s.max() > SHORTFALL_S:
        raise FrontToBackError("it is cut off")
    seeker = _Seeker(video.path, table, crew, fps, sure)
    keys = seeker.look_at_keys(lambda part: on_share(KEYS_SHARE * part))
    seeker.look_at(stirring(table, keys, sure), lambda p: on_share(KEYS_SHARE * (1 + p)))
    while (more := seeker.cut_off()).any():
        seeker.look_at(more, lambda _: None)
    return Search(table, tuple(seeker.looks()), float(table.length_s[seeker.decoded].sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of one picture."""

    size: FrameSize
    detections: Detections
    activity: Activity


class _Brightness:
    """What stirs in a row of pictures; nothing is quiet before the view was learnt, each time."""

    def __init__(self) -> None:
        self._activity = LumaActivity()
        self._learnt_at: datetime | None = None

    def look(self, glance: Glance, at: datetime) -> tuple[Activity, bool]:
        """Return what brightness shows, and whether the detector should see the picture for it."""
        change = self._activity.look(glance.luma, at)
        if self._learnt_at is None or change.state is ActivityState.GLOBAL:
            self._learnt_at = at + timedelta(seconds=LEARN_S)
        return change, change.state is not ActivityState.QUIET or at < self._learnt_at


class _Seeker:
    """What is known of a film so far."""

    def __init__(
        self, path: Path, table: PacketTable, crew: Crew, fps: float, sure: Mapping[Kind, float]
    ) -> None:
        self.decoded: Flags = np.zeros(table.groups, np.bool_)
        self._path = path
        self._table = table
        self._crew = crew
        self._sure = sure
        self._eyes = FilmEyes(path, table, crew.detectors)
        self._chosen = table.looks(fps)
        self._chosen_group = table.group_of[self._chosen]
        self._due = _by_group(table, self._chosen, self._chosen_group)
        self._keys: list[Glance] = []
        self._in_keys: list[Detections] = []
        self._seen: dict[int, _Known] = {}

    def look_at_keys(self, on_share: Callable[[float], None]) -> list[KeyLook]:
        """Look at the key frame of each group, with the detector where that tells something."""
        brightness, changes, stirs = _Brightness(), [], []
        every = np.ones(self._table.groups, np.bool_)
        groups = read_groups(self._path, self._table, every, keys_only=True)
        for key in self._crew.map(self._eyes.glance_at_key, groups):
            change, stir = brightness.look(key, self._at(key.pts))
            self._keys.append(key)
            changes.append(change)
            stirs.append(stir)
            on_share(len(changes) / self._table.groups)
        wanted = np.array(stirs, np.bool_)
        self._in_keys = sparingly(wanted, KEYS_EVERY, self._detect_keys, self._sure)
        looks = []
        for key, change, detections in zip(self._keys, changes, self._in_keys, strict=True):
            self._seen[key.pts] = _Known(key.size, detections, change)
            looks.append(KeyLook(change.state is not ActivityState.QUIET, detections))
        return looks

    def _detect_keys(self, numbers: Sequence[int]) -> dict[int, Detections]:
        wanted = np.zeros(self._table.groups, np.bool_)
        wanted[numbers] = True
        groups = read_groups(self._path, self._table, wanted, keys_only=True)
        return dict(self._crew.map(self._eyes.look_at_key, groups))

    def look_at(self, wanted: Flags, on_share: Callable[[float], None]) -> None:
        """Decode groups and look at the pictures of them that are due."""
        groups = read_groups(self._path, self._table, wanted)
        for done, seen in enumerate(self._crew.map(self._see, groups), start=1):
            self._seen |= seen
            on_share(done / int(wanted.sum()))
        self.decoded = self.decoded | wanted

    def cut_off(self) -> Flags:
        """Return the groups beside decoded ones at whose edge something was still in view."""
        more = np.zeros_like(self.decoded)
        last = self._table.groups - 1
        for group in np.flatnonzero(self.decoded).tolist():
            if group > 0 and not self.decoded[group - 1]:
                more[group - 1] = self._is_restless(group, group, 0.0, EDGE_S)
            if group < last and not self.decoded[group + 1]:
                length_s = float(self._table.length_s[group])
                more[group + 1] |= self._is_restless(group, group + 1, length_s - EDGE_S, length_s)
        return more

    def looks(self) -> Iterator[FilmLook]:
        """Yield what is seen in each picture that is due."""
        times = self._table.at_s[self._chosen]
        staying = [resident(one, other) for one, other in pairwise(self._in_keys)]
        for at_s, pts, group in zip(
            times, self._table.pts[self._chosen], self._chosen_group, strict=True
        ):
            if self.decoded[group]:
                known = self._seen[int(pts)]
                yield FilmLook(float(at_s), known.size, known.detections, known.activity)
            else:
                still = Activity(self._at(int(pts)), ActivityState.QUIET)
                yield FilmLook(float(at_s), self._keys[group].size, staying[group], still)

    def _see(self, group: Group) -> dict[int, _Known]:
        """Return what is seen in a group's pictures that are due, its key frame left out.

        What stirs in them is told against what its key frame and those before it show.
        """
        brightness, number = _Brightness(), group.number
        for key in self._keys[max(0, number - WARM_UP) : number + 1]:
            brightness.look(key, self._at(key.pts))
        shown = self._eyes.glances(group, self._due[number] - self._seen.keys())
        if not shown:
            return {}
        told = [brightness.look(one, self._at(one.pts)) for one, _ in shown]
        stirs = np.array([stir for _, stir in told], np.bool_)

        def detect(places: Sequence[int]) -> dict[int, Detections]:
            seen = self._eyes.look_at([shown[place][1] for place in places])
            return dict(zip(places, seen, strict=True))

        found = sparingly(stirs, len(shown), detect, self._sure)
        return {
            one.pts: _Known(one.size, detections, change)
            for (one, _), detections, (change, _) in zip(shown, found, told, strict=True)
        }

    def _is_restless(self, group: int, key: int, from_s: float, to_s: float) -> bool:
        """Say whether looks at a part of a decoded group show other things than a key frame does.

        from_s, to_s: seconds after the group began.
        """
        began_s = self._table.began_s[group]
        still = self._in_keys[key]
        return not all(
            alike(still, self._seen[pts].detections, self._sure)
            for pts in self._due[group]
            if from_s <= self._seconds(pts) - began_s <= to_s
        )

    def _at(self, pts: int) -> datetime:
        return FILE_EPOCH + timedelta(seconds=self._seconds(pts))

    def _seconds(self, pts: int) -> float:
        return (pts - int(self._table.pts[0])) * self._table.tick_s


def _by_group(
    table: PacketTable, chosen: npt.NDArray[np.int64], group: npt.NDArray[np.int64]
) -> list[frozenset[int]]:
    """Return the pts of the chosen pictures of each group."""
    due: list[list[int]] = [[] for _ in range(table.groups)]
    for pts, number in zip(table.pts[chosen].tolist(), group.tolist(), strict=True):
        due[number].append(pts)
    return [frozenset(one) for one in due]
