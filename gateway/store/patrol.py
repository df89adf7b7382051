"""Patrol in the store: the plan, the rounds that came due, what was seen at each stop.

Rounds are written when they become due, each once, with the stops that they then have: what the
plan says later changes none that was due before.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, or_, select, update

from gateway.errors import NotFoundError, RoundRefusedError
from gateway.patrol.lapse import Walked
from gateway.patrol.round import Outcome, Round, Stop, Verdict, outcome, rounds
from gateway.patrol_file import PlanBody, plan_of
from gateway.store.database import Database
from gateway.store.journal import Topic, note
from gateway.store.tables import cameras, patrol_checkins, patrol_plans, patrol_rounds
from gateway.units import Jurisdiction, Place, places_of

PATROL = "patrol"
"""Key of the journal's entries about patrol."""
_STOPS = TypeAdapter(tuple[Stop, ...])


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan, since when it holds, and who made it so."""

    body: PlanBody
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The picture of a check-in. path: below data_dir. captured_at: when the camera took it."""

    path: str
    sha256: str
    size_bytes: int
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A stop of a round. at, verdict: None from arriving to saying. incident_id: of a finding."""

    stop: str
    by: str
    arrived_at: datetime
    at: datetime | None = None
    verdict: Verdict | None = None
    note: str = ""
    proof: Proof | None = None
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRound:
    """A round that came due. outcome, settled_at: None while it may be done.

    by: who ended it, "" nobody. note: why it was skipped. checkins: by stop.
    """

    round: Round
    outcome: Outcome | None
    settled_at: datetime | None
    by: str
    note: str
    checkins: Mapping[str, CheckIn]

    @property
    def walked(self) -> Walked:
        """The same for `gateway.patrol.lapse`."""
        return Walked(self.round, self.outcome, self.settled_at)


class Patrol:
    """The plan and the rounds of a site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, within: Jurisdiction | None = None) -> StoredPlan | None:
        """Return the plan that holds, None before the first.

        within: only its routes there, and the shifts there or of the whole site.
        """
        with self._database.read() as connection:
            stored = _plan(connection)
            if stored is None or within is None:
                return stored
            return replace(stored, body=_plan_within(stored.body, within, _where(connection)))

    def put_plan(self, body: PlanBody, by: str, at: datetime, zone: tzinfo) -> None:
        """Have a plan hold from now on; what was due by the one before is written down first."""
        with self._database.write() as connection:
            _write_due(connection, at, zone)
            document = body.model_dump_json()
            connection.execute(insert(patrol_plans).values(at=at, by=by, document=document))
            note(connection, Topic.SYSTEM, PATROL, at)

    def advance(self, now: datetime, zone: tzinfo) -> int:
        """Write down the rounds that have become due, and end those that are missed.

        Returns how many rows changed. However long nobody called, each round is written once.
        """
        with self._database.write() as connection:
            changed = _write_due(connection, now, zone)
            for one in _missed(connection, now):
                _settle(connection, one.round.id, Outcome.MISSED, one.round.missed_at, "", "")
                changed += 1
            if changed:
                note(connection, Topic.SYSTEM, PATROL, now)
        return changed

    def about_to_be_missed(self, now: datetime) -> tuple[StoredRound, ...]:
        """Return the rounds that `advance` would end as missed."""
        with self._database.read() as connection:
            return _missed(connection, now)

    def missed_since(self, since: datetime) -> tuple[StoredRound, ...]:
        """Return the rounds whose time was over at `since` or later, and that were missed."""
        columns = patrol_rounds.c
        with self._database.read() as connection:
            return _read(connection, columns.outcome == Outcome.MISSED, columns.settled_at >= since)

    def rounds(
        self, since: datetime, until: datetime, within: Jurisdiction | None = None
    ) -> tuple[StoredRound, ...]:
        """Return the rounds due from one time to before another, the earliest first.

        within: only those whose unit and cameras all lie there.
        """
        due = patrol_rounds.c.due_at
        with self._database.read() as connection:
            found = _read(connection, due >= since, due < until)
            if within is None:
                return found
            where = _where(connection)
        return tuple(one for one in found if within.covers_all(_places(one.round, where)))

    def undone(self, route: str) -> tuple[StoredRound, ...]:
        """Return a route's rounds since one was done last, the earliest first."""
        done = (
            select(func.max(patrol_rounds.c.due_at))
            .where(
                patrol_rounds.c.route == route,
                patrol_rounds.c.outcome.in_((Outcome.DONE, Outcome.LATE)),
            )
            .scalar_subquery()
        )
        after = or_(done.is_(None), patrol_rounds.c.due_at > done)
        with self._database.read() as connection:
            return _read(connection, patrol_rounds.c.route == route, after)

    def get(self, round_id: str) -> StoredRound:
        """Return one round; raises NotFoundError."""
        with self._database.read() as connection:
            return _get(connection, round_id)

    def places(self, round_id: str) -> tuple[Place, ...]:
        """Return where a round lies, () for one of the whole site; raises NotFoundError."""
        with self._database.read() as connection:
            return _places(_get(connection, round_id).round, _where(connection))

    def arrive(self, round_id: str, stop: str, by: str, at: datetime) -> None:
        """Note that somebody looks at a stop; who comes again goes on from the first time.

        Raises NotFoundError, RoundRefusedError.
        """
        with self._database.write() as connection:
            found = _open(connection, round_id, stop, at)
            if stop not in found.checkins:
                values = {"round_id": round_id, "stop": stop, "by": by, "arrived_at": at}
                connection.execute(insert(patrol_checkins).values(note="", **values))

    def check_in(self, round_id: str, checkin: CheckIn) -> StoredRound:
        """Keep what somebody saw at a stop; the last one ends the round.

        Raises NotFoundError, and RoundRefusedError: ended, not due yet, checked in, not arrived.
        """
        at = checkin.at
        assert at is not None  # noqa: S101 - whoever checks in says when
        with self._database.write() as connection:
            found = _open(connection, round_id, checkin.stop, at)
            if checkin.stop not in found.checkins:
                raise RoundRefusedError(f"nobody has arrived at {checkin.stop}: look at it first")
            its = patrol_checkins.c.round_id == round_id, patrol_checkins.c.stop == checkin.stop
            connection.execute(update(patrol_checkins).where(*its).values(**_columns(checkin)))
            after = _get(connection, round_id)
            ended = outcome(after.round, _checked_at(after), at)
            if ended is not None:
                _settle(connection, round_id, ended, at, checkin.by, "")
                after = _get(connection, round_id)
            note(connection, Topic.SYSTEM, PATROL, at)
        return after

    def skip(self, round_id: str, by: str, reason: str, at: datetime) -> StoredRound:
        """End a round that will not be done; raises NotFoundError, RoundRefusedError."""
        with self._database.write() as connection:
            _check_open(_get(connection, round_id), at)
            _settle(connection, round_id, Outcome.SKIPPED, at, by, reason)
            note(connection, Topic.SYSTEM, PATROL, at)
            return _get(connection, round_id)

    def known_pictures(self, paths: Sequence[str]) -> frozenset[str]:
        """Return which of these files are pictures of check-ins."""
        query = select(patrol_checkins.c.path).where(patrol_checkins.c.path.in_(paths))
        with self._database.read() as connection:
            return frozenset(filter(None, connection.scalars(query)))

    def forget_pictures(self, before: datetime) -> tuple[str, ...]:
        """Take the pictures of check-ins of rounds due before a time out of the rows.

        Returns their paths; hash and time stay.
        """
        old = select(patrol_rounds.c.id).where(patrol_rounds.c.due_at < before)
        kept = patrol_checkins.c.round_id.in_(old), patrol_checkins.c.path.is_not(None)
        with self._database.write() as connection:
            paths = tuple(connection.scalars(select(patrol_checkins.c.path).where(*kept)))
            if paths:
                connection.execute(update(patrol_checkins).where(*kept).values(path=""))
        return tuple(filter(None, paths))


def _plan(connection: Connection) -> StoredPlan | None:
    newest = select(patrol_plans).order_by(patrol_plans.c.id.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    if row is None:
        return None
    return StoredPlan(PlanBody.model_validate_json(row["document"]), row["at"], row["by"])


def _where(connection: Connection) -> Mapping[str, Place]:
    """Return where each camera lies."""
    rows = connection.execute(select(cameras.c.id, cameras.c.unit, cameras.c.grid))
    return {row.id: (row.unit, row.grid) for row in rows}


def _places(due: Round, where: Mapping[str, Place]) -> tuple[Place, ...]:
    return places_of(due.unit, (stop.camera for stop in due.stops), where)


def _plan_within(body: PlanBody, within: Jurisdiction, where: Mapping[str, Place]) -> PlanBody:
    routes = tuple(
        one
        for one in body.routes
        if within.covers_all(places_of(one.unit, (stop.camera for stop in one.stops), where))
    )
    rota = tuple(one for one in body.rota if not one.unit or within.covers(one.unit, ""))
    return body.model_copy(update={"rota": rota, "routes": routes})


def _write_due(connection: Connection, now: datetime, zone: tzinfo) -> int:
    """Write down what the plan has become due until now; return how many rounds."""
    stored = _plan(connection)
    if stored is None:
        return 0
    last = select(patrol_rounds.c.route, func.max(patrol_rounds.c.due_at).label("newest"))
    rows = connection.execute(last.group_by(patrol_rounds.c.route))
    newest = {row.route: row.newest for row in rows}
    values = [
        _round_columns(one)
        for route in plan_of(stored.body).routes
        for one in rounds(route, max(stored.at, newest.get(route.id, stored.at)), now, zone)
    ]
    if values:
        connection.execute(insert(patrol_rounds), values)
    return len(values)


def _missed(connection: Connection, now: datetime) -> tuple[StoredRound, ...]:
    """Return the rounds that have not ended, and whose time is over."""
    return tuple(
        one
        for one in _read(connection, patrol_rounds.c.outcome.is_(None))
        if outcome(one.round, _checked_at(one), now) is Outcome.MISSED
    )


def _round_columns(due: Round) -> dict[str, object]:
    return asdict(due) | {"stops": _STOPS.dump_json(due.stops).decode(), "by": "", "note": ""}


def _columns(checkin: CheckIn) -> dict[str, object]:
    proof = checkin.proof
    return {
        "by": checkin.by,
        "at": checkin.at,
        "verdict": checkin.verdict,
        "note": checkin.note,
        "incident_id": checkin.incident_id,
        "path": proof and proof.path,
        "sha256": proof and proof.sha256,
        "size_bytes": proof and proof.size_bytes,
        "captured_at": proof and proof.captured_at,
    }


def _settle(
    connection: Connection, round_id: str, ended: Outcome, at: datetime, by: str, why: str
) -> None:
    values = {"outcome": ended, "settled_at": at, "by": by, "note": why}
    connection.execute(update(patrol_rounds).where(patrol_rounds.c.id == round_id).values(**values))


def _get(connection: Connection, round_id: str) -> StoredRound:
    found = _read(connection, patrol_rounds.c.id == round_id)
    if not found:
        raise NotFoundError(f"there is no round {round_id}")
    return found[0]


def _open(connection: Connection, round_id: str, stop: str, at: datetime) -> StoredRound:
    """Return a round that may be walked, and has this stop before it."""
    found = _get(connection, round_id)
    _check_open(found, at)
    if stop not in {one.id for one in found.round.stops}:
        raise NotFoundError(f"the round has no stop {stop}")
    checkin = found.checkins.get(stop)
    if checkin is not None and checkin.at is not None:
        raise RoundRefusedError(f"{checkin.by} has checked {stop} in already: go to the next")
    return found


def _check_open(found: StoredRound, at: datetime) -> None:
    if found.outcome is not None:
        raise RoundRefusedError(f"the round has ended ({found.outcome}): choose another")
    if at >= found.round.missed_at:
        raise RoundRefusedError("it is too late for this round: it is missed")


def _checked_at(found: StoredRound) -> tuple[datetime, ...]:
    return tuple(one.at for one in found.checkins.values() if one.at is not None)


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[StoredRound, ...]:
    query = select(patrol_rounds).where(*conditions)
    ordered = query.order_by(patrol_rounds.c.due_at, patrol_rounds.c.route)
    rows = connection.execute(ordered).mappings().all()
    checkins = _checkins(connection, [row["id"] for row in rows])
    return tuple(_stored(row, checkins.get(row["id"], {})) for row in rows)


def _checkins(
    connection: Connection, round_ids: Collection[str]
) -> Mapping[str, Mapping[str, CheckIn]]:
    query = select(patrol_checkins).where(patrol_checkins.c.round_id.in_(round_ids))
    found: dict[str, dict[str, CheckIn]] = {}
    for row in connection.execute(query.order_by(patrol_checkins.c.arrived_at)).mappings():
        found.setdefault(row["round_id"], {})[row["stop"]] = _checkin(row)
    return found


def _stored(row: RowMapping, checkins: Mapping[str, CheckIn]) -> StoredRound:
    names: Iterable[str] = (name for name in Round.__slots__ if name != "stops")
    due = Round(**{name: row[name] for name in names}, stops=_STOPS.validate_json(row["stops"]))
    ended = None if row["outcome"] is None else Outcome(row["outcome"])
    return StoredRound(due, ended, row["settled_at"], row["by"], row["note"], checkins)


def _checkin(row: RowMapping) -> CheckIn:
    proof = None
    if row["sha256"] is not None:
        proof = Proof(row["path"], row["sha256"], row["size_bytes"], row["captured_at"])
    return CheckIn(
        stop=row["stop"],
        by=row["by"],
        arrived_at=row["arrived_at"],
        at=row["at"],
        verdict=None if row["verdict"] is None else Verdict(row["verdict"]),
        note=row["note"],
        proof=proof,
        incident_id=row["incident_id"],
    )
