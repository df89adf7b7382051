"""One camera's eye: decodes as much of its stream as it may, and offers pictures to the detector.

    hub ─► CameraEye ─► AdaptiveDecoder ─► LumaActivity ─► LookQueue ─► DetectorLoop
             ▲  ▲                              │
      share ─┘  └──────── Attention ◄──────────┘ motion, packets, alarms, moving objects

An eye has no thread; it takes turns on the `DecodePool`. While its camera is quiet it sees key
frames. When something stirs it goes back in time first: what was kept since the last but one key
frame is decoded and looked at, so that what began between key frames is seen from its beginning.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from gateway import telemetry
from gateway.analysis.adaptive_decoder import AdaptiveDecoder
from gateway.analysis.decode_pool import DecodePool, Urgency
from gateway.analysis.looks import Judge, Look, LookQueue
from gateway.analysis.pace import Pace
from gateway.clock import monotonic_s, utc_now
from gateway.decode import DecodeHealth, KeyPictures, Picture
from gateway.errors import NotVideoError
from gateway.hub import Delivery, Hub, HubClosedError, HubReader
from gateway.packets import StreamInfo
from gateway.session import SessionReport, SessionState
from vision.activity import ACTIVITY_SIZE, Activity, ActivityState, LumaActivity
from vision.attention import Attention, Interest
from vision.camera_hint import Agreement, HintTrust
from vision.ensemble import DetectorSet, PreparedSet
from vision.packet_hint import PacketHint
from vision.quality import Luma
from vision.scheduler import FLOOR, Demand, Rung, Share

READER_PACKETS = 250
"""Packets that may wait for the decoder: ten seconds at 25 fps."""

TURN_S = 0.03
"""A turn ends after so much work, so that no camera holds up the others."""

ACTIVITY_EVERY_S = 0.18
"""Pictures are compared this often: a running person moves half a metre meanwhile."""

LATE_S = 1.5
"""Packets that span this much when their turn comes are passed over, up to the newest key frame."""

SILENT_S = 10.0
"""A camera that has sent nothing for so long needs none of the machine's time."""

LOOK_BACK = timedelta(seconds=2.5)
"""So much of the past matters to a camera that wakes: a GOP of two seconds and a little more."""

LOOK_BACK_EVERY_S = 0.4
"""How often the past is looked at: three looks in the second that rules need to be sure."""

REST_EVERY_S = 1.0
"""How often the rules are told that nothing stirs: they count watched time."""

PACKETS_GREW = "packets"
"""A reason to wake: the stream's packets grew."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the eyes of a worker share.

    may_wake: asked by a camera whether it may decode everything from now on.
    """

    looks: LookQueue
    pool: DecodePool
    may_wake: Callable[[Demand], bool]


class CameraEye:
    """Looks at one camera, from `start` to `stop`.

    latest: the newest decoded picture, for snapshots; None before the first. fault: set while
    packets come that cannot be turned into pictures. mark: entered while native code has a packet.
    on_picture: shown pictures with their thumbnails, several a second or as many as are decoded;
    must not wait. hears: says whether the camera's own alarms reach us at present; must not wait.
    share: what it may spend, set by whoever shares the machine out.
    """

    def __init__(self, hub: Hub, workshop: Workshop, detectors: DetectorSet, judge: Judge) -> None:
        self.mark: AbstractContextManager[None] = nullcontext()
        self.on_picture: Callable[[Picture, Luma], None] = lambda _picture, _thumbnail: None
        self.hears: Callable[[], bool] = lambda: True
        self.latest: Picture | None = None
        self.fault: SessionReport | None = None
        self.share: Share = FLOOR
        self.camera = hub.camera_id
        self._hub = hub
        self._shop = workshop
        self._detectors = detectors
        self._judge = judge
        self._decoder = AdaptiveDecoder()
        self._activity = LumaActivity()
        self._hint = PacketHint()
        self._attending = threading.Lock()
        self._attention = Attention()
        self._trust = HintTrust()
        self._info: StreamInfo | None = None
        self._reader: HubReader | None = None
        self._arrived_s = -SILENT_S
        self._inbox: deque[Delivery] = deque()
        self._activity_pace, self._look_pace, self._rest_pace = Pace(), Pace(), Pace()
        self._arrived_at: datetime | None = None
        self._view_since: datetime | None = None
        self._newest_activity: Activity | None = None
        self._seen: Picture | None = None
        self._offered_at: datetime | None = None
        self._decides_at: datetime | None = None
        self._owes_waking = False

    @property
    def health(self) -> DecodeHealth:
        """What became of this connection's packets so far."""
        return self._decoder.health

    @property
    def rung(self) -> Rung:
        """What is decoded now."""
        return self._decoder.rung

    @property
    def urgency(self) -> Urgency:
        """See `Turn.urgency`."""
        if self.interest is Interest.STIRRED:
            return Urgency.AWAKE
        return Urgency.KEYS if self._decoder.rung is Rung.KEYS else Urgency.SPARE

    @property
    def interest(self) -> Interest:
        """How interesting the camera is now."""
        with self._attending:
            return self._attention.interest(monotonic_s())

    @property
    def why(self) -> str:
        """What stirred it last, "" while it is quiet."""
        return self._attention.why if self.interest > Interest.QUIET else ""

    @property
    def agreement(self) -> Agreement | None:
        """How far the camera's own motion alarms agree with what is seen; None without any."""
        with self._attending:
            return self._trust.agreement

    @property
    def sends(self) -> bool:
        """Whether the camera sends anything at present."""
        return monotonic_s() < self._arrived_s + SILENT_S

    def demand(self, look_s: float) -> Demand:
        """Return what it would like to spend. look_s: what one look costs, in processor time."""
        cost, at_s = self._decoder.cost, monotonic_s()
        with self._attending:
            interest = self._attention.interest(at_s)
            vouched = self._attention.is_vouched_for(at_s)
            since_s, tells = self._attention.since_s, self._trust.plausible and self.hears()
        return Demand(
            camera=self.camera,
            interest=interest,
            rung=Rung.FULL if Rung.FULL in (self._decoder.rung, self.share.rung) else Rung.KEYS,
            key_s=cost.key_s,
            keys_per_s=cost.keys_per_s,
            full_per_s=cost.picture_s * cost.pictures_per_s,
            look_s=look_s,
            since_s=since_s,
            vouched=vouched,
            tells=tells,
        )

    def give(self, share: Share) -> None:
        """Let it spend this much from now on; where something stirs, what that buys begins now."""
        self.share = share
        if share.rung is Rung.FULL and self._decoder.rung is Rung.KEYS:
            self._shop.pool.ready(self)

    def start(self) -> None:
        """Begin to take packets."""
        self._reader = self._hub.reader("analysis", READER_PACKETS, on_push=self._arrived)
        self._shop.pool.ready(self)

    def stop(self) -> None:
        """Take no more packets, and wait for the end of a turn that is under way."""
        if self._reader is not None:
            self._reader.close()
        self._shop.pool.quit(self)
        self._shop.looks.forget(self.camera)

    def stir(self, why: str) -> None:
        """Say that something may be happening; from any thread."""
        with self._attending:
            self._attention.stir(why, monotonic_s())
        self._shop.pool.ready(self)

    def motion_alarm(self, *, active: bool) -> None:
        """Take in that the camera itself says that motion began or ended; from any thread.

        It stirs unless the camera's alarms turned out to be nothing most of the time.
        """
        with self._attending:
            at_s = monotonic_s()
            if active:
                self._trust.told(at_s)
            else:
                self._trust.ended(at_s)
            wakes = active and self._trust.worth_waking
            self._attention.alarm(active=wakes, at_s=at_s)
        if wakes:
            self._shop.pool.ready(self)

    def found(
        self,
        *,
        moving: bool,
        resting: bool,
        known: bool,
        offered_s: float | None = None,
        decides_at: datetime | None = None,
    ) -> None:
        """Say what a look found; see `Attention.found`.

        decides_at: when a picture can first confirm what has begun: the next look is then.
        """
        self._decides_at = decides_at
        with self._attending:
            self._attention.found(
                moving=moving,
                resting=resting,
                known=known,
                at_s=monotonic_s(),
                offered_s=offered_s,
            )

    def forget_view(self) -> None:
        """Learn the view anew, because it was turned; from any thread.

        What was taken before is gone back to no more.
        """
        self._activity, self._hint = LumaActivity(), PacketHint()
        self._view_since = self._arrived_at
        with self._attending:
            self._attention.forget_view()

    def work(self, keys: KeyPictures) -> bool:
        """See `Turn.work`. Never raises: one odd picture must not blind the camera."""
        try:
            with self.mark:
                return self._take_turn(keys)
        except HubClosedError:
            return False
        except NotVideoError as error:
            self._blame(error.code, str(error))
        except Exception as error:  # noqa: BLE001 whatever it was, the next picture may be good
            self._blame("undecodable", f"A picture cannot be used: {error!r}.")
        return bool(self._inbox)

    def _arrived(self, delivery: Delivery) -> None:
        """Take note of a packet, on its publisher's thread."""
        packet = delivery.packet
        self._arrived_s, self._arrived_at = monotonic_s(), packet.captured_at
        if delivery.info is not self._info:
            if delivery.info != self._info:
                self._hint = PacketHint()
            self._info = delivery.info
        if self._hint.see(len(packet.data), packet.is_key, packet.captured_at):
            self.stir(PACKETS_GREW)
        elif packet.is_key or self._decoder.rung is Rung.FULL or self._reader_fills():
            self._shop.pool.ready(self)

    def _reader_fills(self) -> bool:
        """Say whether packets between key frames far apart are to be taken before they are lost."""
        return self._reader is not None and self._reader.waiting >= READER_PACKETS // 2

    def _take_turn(self, keys: KeyPictures) -> bool:
        if self._reader is None:
            return False
        self._inbox.extend(self._reader.drain())
        self._skip_what_is_late()
        rung, began_s = self._decoder.rung, time.thread_time()
        while self._inbox:
            delivery = self._inbox.popleft()
            if self._decoder.note(delivery, self.share.key_every_s):
                self._see(delivery, keys)
            if delivery.packet.is_key or self._decoder.rung is Rung.FULL:
                self._change_rung(at_key=delivery.packet.is_key)
                if time.thread_time() - began_s >= TURN_S:
                    break
        if not self._inbox and self._decoder.rung is Rung.KEYS:
            self._wake_or_offer(keys)
        telemetry.DECODE_SECONDS.labels(rung.value).inc(time.thread_time() - began_s)
        climbed = rung is not self._decoder.rung  # what came meanwhile has called for no turn
        return bool(self._inbox) or (climbed and self._reader.waiting > 0)

    def _skip_what_is_late(self) -> None:
        """Go on at the newest key frame when more lies ready than there is time for."""
        inbox = self._inbox
        if not inbox or self._decoder.rung is Rung.KEYS:
            return
        if inbox[-1].packet.received_s - inbox[0].packet.received_s < LATE_S:
            return
        newest_key = next(
            (number for number in range(len(inbox) - 1, 0, -1) if inbox[number].packet.is_key), 0
        )
        if newest_key:
            telemetry.LOOKS_SKIPPED.labels(self.camera, "decoder behind").inc()
            for _ in range(newest_key):
                self._decoder.note(inbox.popleft(), self.share.key_every_s)

    def _see(self, delivery: Delivery, keys: KeyPictures) -> None:
        """Decode one packet and look at what it shows, at the rung it is on."""
        decoder, rung, began_s = self._decoder, self._decoder.rung, time.thread_time()
        pictures = decoder.decode(delivery, keys)
        for picture in pictures:
            self._show(picture)
        if pictures:
            decoder.cost.spent(rung, time.thread_time() - began_s)
            self.fault = None
            if rung is Rung.KEYS:
                telemetry.KEY_PICTURES.labels(self.camera).inc()
        elif decoder.health.broken:
            self._blame("undecodable", "The camera sends pictures that cannot be decoded.")

    def _change_rung(self, *, at_key: bool) -> None:
        """Climb or step down to where its share has it; up at a key frame only.

        One that something stirs at climbs by waking, with its past.
        """
        decoder, wanted = self._decoder, self.share.rung
        if decoder.rung is Rung.KEYS and wanted is Rung.FULL and at_key:
            if self.interest is not Interest.STIRRED:
                self._owes_waking = False
                decoder.climb()
                self._offer_seen()
        elif decoder.rung is Rung.FULL and wanted is Rung.KEYS:
            decoder.step_down()

    def _show(self, picture: Picture) -> None:
        """Look at the brightness of a picture, and offer it to the detector where that is due."""
        self.latest = picture
        if self._activity_pace.is_due(picture.captured_at, ACTIVITY_EVERY_S):
            thumbnail = picture.thumbnail(ACTIVITY_SIZE.width)
            activity = self._activity.look(thumbnail, picture.captured_at)
            self._newest_activity = activity
            self.on_picture(picture, thumbnail)
            self._attend(activity)
        if self._decoder.rung is Rung.FULL:
            self._offer(picture)
        else:
            self._seen = picture

    def _attend(self, activity: Activity) -> None:
        """Let motion stir the camera, and hold what it told of itself against what is seen."""
        with self._attending:
            at_s = monotonic_s()
            if activity.state is ActivityState.MOTION:
                self._attention.moved(activity.regions, at_s)
                self._trust.moved(at_s)
            elif activity.state is ActivityState.QUIET:
                self._trust.quiet(at_s)

    def _wake_or_offer(self, keys: KeyPictures) -> None:
        """Decode everything from now on if something stirs and that may be; else offer what is new.

        Where the climb begins with the past, the key frame just seen comes after it. Where there is
        no time for that, the key frames follow what stirs, those before the newest too. Where a GOP
        is too long to be gone back into, who stirs wakes at its end, even if all is quiet by then.
        """
        newest = self._decoder.newest_at
        stirred = self.interest is Interest.STIRRED or self._owes_waking
        self._owes_waking = stirred and newest is None
        if stirred and newest is not None and self._may_wake():
            self.share = replace(
                self.share, rung=Rung.FULL, key_every_s=0.0, look_every_s=LOOK_BACK_EVERY_S
            )
            self._wake(newest)
            return
        if stirred:
            self.share = replace(self.share, key_every_s=0.0, look_every_s=LOOK_BACK_EVERY_S)
            if self._seen is not None:
                self._offer_keys_before(self._seen, keys)
        self._offer_seen()

    def _offer_seen(self) -> None:
        """Offer the key frame that was seen last, once."""
        seen, self._seen = self._seen, None
        if seen is not None:
            self._offer(seen)

    def _offer_keys_before(self, seen: Picture, keys: KeyPictures) -> None:
        """Offer the key frames before one that was just seen, unless they were looked at."""
        for picture in self._decoder.look_back(keys, self._back_to(seen.captured_at)):
            self._put(picture, past=True)

    def _back_to(self, newest: datetime) -> datetime:
        """Return since when the past matters and has not been looked at."""
        limits = (newest - LOOK_BACK, self._offered_at, self._view_since)
        return max(limit for limit in limits if limit is not None)

    def _may_wake(self) -> bool:
        return self.share.rung is Rung.FULL or self._shop.may_wake(self.demand(0.0))

    def _wake(self, newest: datetime) -> None:
        """Climb, beginning in the past.

        newest: when the newest packet kept was taken.
        """
        self._seen = None
        since = self._back_to(newest)
        pictures = self._decoder.climb(since)
        telemetry.WAKES.labels(self.camera, self._attention.why).inc()
        pace = Pace()
        for picture in pictures[:-1]:
            at = picture.captured_at
            if at > since and pace.is_due(at, LOOK_BACK_EVERY_S):
                self._put(picture, past=True)
        for picture in pictures[-1:]:
            self.latest = picture
            self._put(picture)

    def _offer(self, picture: Picture) -> None:
        """Offer a picture of the present: to the detector, or as one where nothing stirs."""
        share, at = self.share, picture.captured_at
        stirs = self.interest >= Interest.RESTLESS
        due = self._look_pace.is_due(at, share.look_every_s if stirs else share.idle_look_every_s)
        if due or self._decides(at):
            self._put(picture)
        elif not stirs and self._rest_pace.is_due(at, REST_EVERY_S):
            self._put(picture, rests=True)

    def _decides(self, at: datetime) -> bool:
        """Say whether a picture is the first that can confirm what has begun; once for each."""
        decides = self._decides_at is not None and at >= self._decides_at
        if decides:
            self._decides_at = None
        return decides

    def _put(self, picture: Picture, *, past: bool = False, rests: bool = False) -> None:
        self._offered_at = picture.captured_at
        self._shop.looks.put(
            Look(
                camera=self.camera,
                picture=picture,
                detectors=self._detectors,
                prepared=None if rests else self._prepared(picture),
                activity=None if past else self._newest_activity,
                interest=self.interest,
                decoded_s=monotonic_s(),
                judge=self._judge,
                past=past,
            )
        )

    def _prepared(self, picture: Picture) -> PreparedSet:
        return self._detectors.prepare_from(picture.size, picture.resized_bgr)

    def _blame(self, code: str, detail: str) -> None:
        """Set the fault, and log it unless it stands already."""
        if self.fault is None:
            log.warning("camera cannot be decoded", camera=self.camera, detail=detail)
            self.fault = SessionReport(SessionState.NOT_VIDEO, utc_now(), code, detail)
