"""The streams of many cameras tuned, looked at or set back: some side by side, none in the way.

One that fails is told and stops nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from gateway.bulk_onboarding import HOSTS_AT_ONCE, hosts_of
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.stream_tuning import Deed, TuningOutcome, is_tunable, outcome_of


@dataclass(frozen=True, slots=True)
class BulkTuning:
    """How many cameras are gone through.

    deed: what is done to each. on_outcome: called with each that is done, on any thread. check:
    called before each; what it raises ends the whole.
    """

    deed: Deed
    on_outcome: Callable[[TuningOutcome], None]
    check: Callable[[], None] = field(default=lambda: None)

    def run(self, cameras: Iterable[Camera]) -> None:
        """Go through cameras; those behind one address wait for each other."""
        with ThreadPoolExecutor(HOSTS_AT_ONCE, thread_name_prefix="tuning") as pool:
            for _ in pool.map(self._in_turn, _by_host(cameras)):
                pass

    def _in_turn(self, cameras: Sequence[Camera]) -> None:
        for camera in cameras:
            self.check()
            self.on_outcome(outcome_of(camera, self.deed))


def cameras_meant(store: Store, camera_ids: Sequence[str], *, tuned: bool) -> tuple[Camera, ...]:
    """Return the cameras of these ids; without ids all that are known by ONVIF.

    tuned: only those of them that were tuned. Raises NotFoundError.
    """
    if camera_ids:
        meant = [store.inventory.get(one) for one in dict.fromkeys(camera_ids)]
    else:
        meant = [camera for camera in store.inventory.cameras() if is_tunable(camera)]
    known = store.camera_controls.tuned() if tuned else ()
    return tuple(camera for camera in meant if not tuned or camera.id in known)


def _by_host(cameras: Iterable[Camera]) -> Iterator[list[Camera]]:
    for _, group in groupby(sorted(cameras, key=_first_host), _first_host):
        yield list(group)


def _first_host(camera: Camera) -> str:
    return min(hosts_of(camera), default="")
