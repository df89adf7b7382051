"""The analysed stream of a camera made cheaper, with consent, and undone.

What the camera was set to is kept before anything is written to it, so that whatever happens then
can be undone.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter

from gateway.audit.act import Act, AuditAction, camera_object
from gateway.clock import utc_now
from gateway.errors import NotFoundError, OnvifError, StreamSharedError
from gateway.named_source import ONVIF_SCHEMES
from gateway.onvif.client import OnvifClient
from gateway.onvif.encoder import Change, Encoder
from gateway.onvif.encoding import Encoding, Tuning
from gateway.onvif.stream_choice import streams
from gateway.record_mode import RecordMode
from gateway.sources import Credentials
from gateway.store import Store
from gateway.store.inventory import Camera
from gateway.surprise import tellable

BY_DEFAULT = Tuning()
Deed = Callable[[str], Change]
"""What is done to a camera, by its id: a method of `StreamTuner`; raises GatewayError."""


@dataclass(frozen=True, slots=True)
class KeptEncoding:
    """How an encoder was set before it was first tuned; token: the camera's name for it."""

    token: str
    encoding: Encoding


_KEPT = TypeAdapter(KeptEncoding)


@dataclass(frozen=True, slots=True)
class TuningView:
    """How a camera's analysed stream is encoded, and what tuning would make of it.

    before: as it was before it was tuned, None where it was not. obstacle: why it is tuned only
    when that is asked for, in a sentence; "" where nothing is in the way.
    """

    now: Encoding
    suggested: Change
    before: Encoding | None
    obstacle: str


class StreamTuner:
    """Tunes the cameras of a store under a person's name; blocks, safe from many threads.

    Methods raise NotFoundError (no such camera, or not by ONVIF, or never tuned), UnreachableError,
    UnauthorizedError, OnvifError, and StreamSharedError where the analysed stream serves for more
    than analysis and that was not accepted.
    """

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def view(self, camera_id: str, wish: Tuning = BY_DEFAULT) -> TuningView:
        """Ask how the stream stands, and what tuning would do."""
        camera = self._camera(camera_id)
        kept = self._kept(camera_id)
        client = self._connected(camera)
        encoder, obstacle = _analysed(client, camera)
        change = encoder.nearest(wish)
        return TuningView(change.before, change, kept.encoding if kept else None, obstacle)

    def preview(self, camera_id: str, wish: Tuning = BY_DEFAULT, *, shared: bool = False) -> Change:
        """Return what `tune` would do, and raise what it would raise; nothing is set."""
        view = self.view(camera_id, wish)
        if view.obstacle and not shared:
            raise StreamSharedError(view.obstacle)
        return view.suggested

    def tune(self, camera_id: str, wish: Tuning = BY_DEFAULT, *, shared: bool = False) -> Change:
        """Encode the analysed stream otherwise; what it was first is kept for `restore`.

        shared: also a stream that is recorded all the time, or watched as the large picture.
        """
        camera = self._camera(camera_id)
        encoder, obstacle = _analysed(self._connected(camera), camera)
        if obstacle and not shared:
            raise StreamSharedError(obstacle)
        planned = encoder.nearest(wish)
        if planned.after == planned.before:
            return planned
        is_first = self._kept(camera_id) is None
        if is_first:
            kept = _KEPT.dump_json(KeptEncoding(encoder.token, planned.before)).decode()
            self._store.camera_controls.put_encoder_before(camera_id, kept)
        try:
            change = encoder.tune(planned)
        except OnvifError:
            if is_first:
                self._store.camera_controls.put_encoder_before(camera_id, "")
            raise
        self._store.audit.tell(self._act(AuditAction.STREAM_TUNED, camera_id, change))
        return change

    def restore(self, camera_id: str) -> Change:
        """Encode the stream exactly as it was before it was first tuned."""
        camera = self._camera(camera_id)
        kept = self._kept(camera_id)
        if kept is None:
            raise NotFoundError(f"the stream of camera {camera_id} was never tuned")
        change = _by_token(self._connected(camera), kept.token).restore(kept.encoding)
        act = self._act(AuditAction.STREAM_RESTORED, camera_id, change)
        self._store.camera_controls.put_encoder_before(camera_id, "", act)
        return change

    def _camera(self, camera_id: str) -> Camera:
        camera = self._store.inventory.get(camera_id)
        if not is_tunable(camera):
            raise NotFoundError(
                f"camera {camera_id} was not taken in by ONVIF; set its stream in its own pages,"
                " or take it in as onvif://…"
            )
        return camera

    def _connected(self, camera: Camera) -> OnvifClient:
        password = self._store.inventory.password(camera.id)
        known = Credentials(camera.username, password or "") if camera.username else None
        client = OnvifClient(camera.address, known)
        client.connect()
        return client

    def _kept(self, camera_id: str) -> KeptEncoding | None:
        kept = self._store.camera_controls.get(camera_id).encoder_before
        return _KEPT.validate_json(kept) if kept else None

    def _act(self, action: AuditAction, camera_id: str, change: Change) -> Act:
        detail = {"before": str(change.before), "after": str(change.after)}
        return Act(utc_now(), self._actor, action, camera_object(camera_id), detail)


@dataclass(frozen=True, slots=True)
class TuningOutcome:
    """What became of one camera. change: None where it failed; code, text: why, "" otherwise."""

    camera_id: str
    name: str
    change: Change | None = None
    code: str = ""
    text: str = ""


def outcome_of(camera: Camera, deed: Deed) -> TuningOutcome:
    """Do something to one camera, and return what became of it; never raises."""
    try:
        return TuningOutcome(camera.id, camera.name, deed(camera.id))
    except Exception as error:  # noqa: BLE001 one camera's surprise is not the others'
        told = tellable(error, f"camera {camera.id}")
        return TuningOutcome(camera.id, camera.name, code=told.code, text=str(told))


def is_tunable(camera: Camera) -> bool:
    """Say whether a camera was taken in by ONVIF, which alone can set its encoder."""
    return camera.address.partition("://")[0] in ONVIF_SCHEMES


def _analysed(client: OnvifClient, camera: Camera) -> tuple[Encoder, str]:
    """Return the encoder of the analysed stream, and why it should better be left alone."""
    found = streams(client, camera.main_uri, camera.analysis_uri)
    return Encoder(client, found.analysed), _obstacle(camera, is_main=found.is_main)


def _obstacle(camera: Camera, *, is_main: bool) -> str:
    if is_main:
        return (
            f"camera {camera.id} has no sub stream of its own: what is analysed is also watched as"
            " the large picture; add a sub stream at the camera, or ask for it all the same"
        )
    if camera.record is RecordMode.CONTINUOUS:
        return (
            f"the analysed stream of camera {camera.id} is recorded all the time, and recordings"
            " would get coarser; record incidents only, or ask for it all the same"
        )
    return ""


def _by_token(client: OnvifClient, token: str) -> Encoder:
    """Return the encoder that was tuned, whichever stream is analysed meanwhile."""
    for profile in client.profiles():
        if profile.encoder == token:
            return Encoder(client, profile)
    raise OnvifError(f"{client.address} has no encoder {token} any more, so nothing is set back")
