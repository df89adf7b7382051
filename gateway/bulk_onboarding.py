"""Many cameras at once: each row of a plan tried, measured and stored, some side by side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from urllib.parse import urlsplit

from gateway.dial_policy import DialPolicy
from gateway.inventory_plan import Action, Plan, Planned, apply
from gateway.onboarding import Finding, look_at, measure
from gateway.sources import Credentials, with_credentials
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.stream_tuning import StreamTuner, TuningOutcome, outcome_of
from gateway.surprise import tellable
from gateway.survey import Survey, survey_to_json

HOSTS_AT_ONCE = 8
"""Cameras tried side by side; those behind one address wait for each other."""
MEASURE_S = 2.0
"""How much of each stream is watched; longer where key frames are far apart."""

DIALLED = frozenset({"address", "username", "password", "main_uri", "sub_uri", "transport"})
"""Columns whose change makes a connection worth trying anew."""


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row. code, text: why it was not stored; "" when it was, or may be.

    tuning: what became of its stream, None where that was not wished for.
    """

    row: int
    camera_id: str
    name: str
    action: Action
    code: str = ""
    text: str = ""
    survey: Survey | None = None
    tuning: TuningOutcome | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is in the way of this camera."""
        return not self.code


@dataclass(frozen=True, slots=True)
class Import:
    """How a plan is carried out. test: only cameras that give pictures are stored.

    policy: None where the person at the machine itself asks. on_outcome: called with each row that
    is done, on any thread. check: called before each row; what it raises ends the import. tuner:
    makes the analysed streams of new cameras cheaper, None without consent to that.
    """

    store: Store
    on_outcome: Callable[[RowOutcome], None]
    check: Callable[[], None] = field(default=lambda: None)
    test: bool = True
    policy: DialPolicy | None = None
    tuner: StreamTuner | None = None

    def run(self, plan: Plan) -> None:
        """Carry a plan out; cameras that fail are told and left as they were."""
        with ThreadPoolExecutor(HOSTS_AT_ONCE, thread_name_prefix="import") as pool:
            for _ in pool.map(self._in_turn, _by_host(plan.cameras)):
                pass

    def _in_turn(self, rows: Sequence[Planned]) -> None:
        for planned in rows:
            self.check()
            self.on_outcome(self._one(planned))

    def _one(self, planned: Planned) -> RowOutcome:
        camera = planned.camera
        told = RowOutcome(planned.row, camera.id, camera.name, planned.action)
        try:
            is_dialled = planned.action is Action.ADD or not DIALLED.isdisjoint(planned.changed)
            if is_dialled and self.policy is not None:
                check_camera(self.policy, camera)
            if is_dialled and self.test:
                camera, survey = self._tried(planned)
                planned = replace(planned, camera=camera)
                told = replace(told, survey=survey)
            apply(self.store, planned)
        except Exception as error:  # noqa: BLE001 one camera's surprise is not the others'
            failure = tellable(error, f"camera {camera.id}")
            return replace(told, code=failure.code, text=str(failure))
        if self.tuner is not None and planned.action is Action.ADD:
            return replace(told, tuning=outcome_of(camera, self.tuner.tune))
        return told

    def _tried(self, planned: Planned) -> tuple[Camera, Survey]:
        """Return the camera with what was found and measured of it."""
        found = finding(planned.camera, self._password(planned))
        survey = measure(found, MEASURE_S)
        camera = replace(
            planned.camera,
            main_uri=found.main_uri,
            sub_uri=found.sub_uri,
            survey=survey_to_json(survey),
        )
        return camera, survey

    def _password(self, planned: Planned) -> str | None:
        if planned.password is not None or planned.action is Action.ADD:
            return planned.password
        return self.store.inventory.password(planned.camera.id)


def finding(camera: Camera, password: str | None) -> Finding:
    """Return a camera of the inventory as a finding; one without streams is asked for them.

    Raises as `look_at`.
    """
    credentials = Credentials(camera.username, password or "") if camera.username else None
    if camera.main_uri:
        uris = (camera.address, camera.main_uri, camera.sub_uri)
        return Finding(camera.name, *uris, credentials, transport=camera.transport)
    (found,) = look_at(with_credentials(camera.address, credentials), _nobody)
    return replace(found, transport=camera.transport)


def check_camera(policy: DialPolicy, camera: Camera) -> None:
    """Return when all of a camera's addresses may be dialled; raises ConfigError otherwise."""
    for uri in filter(None, (camera.address, camera.main_uri, camera.sub_uri)):
        policy.check_uri(uri)


def hosts_of(camera: Camera) -> frozenset[str]:
    """Return the hosts that a camera's addresses name."""
    uris = filter(None, (camera.address, camera.main_uri, camera.sub_uri))
    return frozenset(host for uri in uris if (host := urlsplit(uri).hostname))


def _nobody(_who: str) -> str:
    return ""


def _by_host(rows: Iterable[Planned]) -> Iterator[list[Planned]]:
    ordered = sorted(rows, key=_first_host)
    for host, group in groupby(ordered, _first_host):
        if host:
            yield list(group)
        else:
            yield from ([one] for one in group)


def _first_host(planned: Planned) -> str:
    return min(hosts_of(planned.camera), default="")
