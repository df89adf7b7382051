"""The people who may sign in: their passwords, and how often a wrong one may be tried."""

import functools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from gateway.audit.act import NOBODY, SYSTEM, Act, AuditAction, Detail, user_object
from gateway.clock import utc_now
from gateway.errors import ConfigError, NotFoundError, PasswordRefusedError
from gateway.secrets import hash_password, password_matches, readable_password
from gateway.store.audit_log import tell, tell_hourly
from gateway.store.database import Database
from gateway.store.tables import sessions, sign_in_failures, units, users

ADMIN = "admin"
MIN_PASSWORD_LENGTH = 10
_USERNAME = re.compile(r"[\w.-]{1,64}")
FREE_TRIES = {"user": 5, "address": 20}
"""Wrong passwords in a row that cost no waiting: a person's slips; a village's shared address."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
"""Each further one doubles the wait, up to about 300 guesses a day: hopeless against 79 bits."""
FORGET_AFTER = timedelta(days=1)
_NO_PASSWORD = "!"  # noqa: S105 - what no password hashes to
"""Kept for a user who may not sign in, as in /etc/shadow: a reset lets them in again."""


class Role(StrEnum):
    """What a user may do: everything; work with incidents and cameras; only send findings."""

    ADMIN = "admin"
    OPERATOR = "operator"
    REPORTER = "reporter"


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. unit: id of the unit they belong to, None: to the whole site.

    is_disabled: no password lets them in until theirs is reset.
    """

    id: int
    username: str
    role: Role
    must_change_password: bool
    created_at: datetime
    unit: str | None = None
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sign-in came to. user: None if refused; retry_after_s: above 0 if not even tried."""

    user: User | None
    retry_after_s: float = 0.0


class Users:
    """The users in the store. actor: who changes them, where it is not they themselves."""

    def __init__(self, database: Database, actor: str = SYSTEM) -> None:
        self._database = database
        self._actor = actor

    def bootstrap_admin(self) -> str | None:
        """Make the administrator with a random password and return it, once; None ever after."""
        password = readable_password()
        password_hash = hash_password(password)
        with self._database.write() as connection:
            if connection.scalar(select(func.count()).select_from(users)):
                return None
            connection.execute(
                insert(users).values(
                    username=ADMIN,
                    role=Role.ADMIN,
                    password_hash=password_hash,
                    must_change_password=True,
                    created_at=utc_now(),
                )
            )
            _tell(connection, self._actor, AuditAction.USER_ADDED, ADMIN, {"role": Role.ADMIN})
        return password

    def add(self, username: str, role: Role, unit: str | None = None) -> str:
        """Add a user with a random password, to be changed at sign-in, and return it.

        unit: id of the unit they belong to, as `belong`. Raises ConfigError for a name that is
        taken or none, NotFoundError for a unit that is not there.
        """
        if not _USERNAME.fullmatch(username):
            raise ConfigError(f"{username!r} is no user name: letters, digits and . _ - only")
        password = readable_password()
        values = {"username": username, "role": role, "must_change_password": True}
        password_hash = hash_password(password)
        with self._database.write() as connection:
            if _find(connection, username) is not None:
                raise ConfigError(f"there is a user {username} already: choose another name")
            _check_unit(connection, unit)
            connection.execute(
                insert(users).values(
                    **values, password_hash=password_hash, unit_id=unit, created_at=utc_now()
                )
            )
            detail = {"role": role.value, "unit": unit}
            _tell(connection, self._actor, AuditAction.USER_ADDED, username, detail)
        return password

    def belong(self, username: str, unit: str | None) -> None:
        """Have a user belong to a unit, None: to the whole site, and end all their sessions.

        Raises NotFoundError.
        """
        with self._database.write() as connection:
            user_id = _row(connection, username)["id"]
            _check_unit(connection, unit)
            connection.execute(update(users).where(users.c.id == user_id).values(unit_id=unit))
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            _tell(connection, self._actor, AuditAction.USER_MOVED, username, {"unit": unit})

    def change_role(self, username: str, role: Role) -> None:
        """Give a user another role, which open sessions have at once; the audit log tells of both.

        Raises NotFoundError, and ConfigError for who changes their own, and for the last
        administrator who may sign in.
        """
        if username == self._actor:
            raise ConfigError("nobody changes their own role: have another administrator do it")
        with self._database.write() as connection:
            row = _row(connection, username)
            before = Role(row["role"])
            if before is role:
                return
            if role is not Role.ADMIN:
                _check_not_last(connection, row)
            connection.execute(update(users).where(users.c.id == row["id"]).values(role=role))
            detail = {"role": role.value, "before": before.value}
            _tell(connection, self._actor, AuditAction.ROLE_CHANGED, username, detail)

    def all(self) -> tuple[User, ...]:
        """Return every user, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(users).order_by(users.c.username)).mappings()
            return tuple(_user(row) for row in rows)

    def get(self, username: str) -> User:
        """Return one user; raises NotFoundError."""
        with self._database.read() as connection:
            return _user(_row(connection, username))

    def verify(
        self, username: str, password: str, address: str, now: datetime | None = None
    ) -> Verdict:
        """Return who signs in from a network address with this password, if anybody.

        A try is counted before it is judged, so that many at once gain nothing; the right password
        clears the count. It takes about 50 ms whether or not there is such a user.
        """
        subjects = (("user", username[:64]), ("address", address[:64]))
        now = now or utc_now()
        with self._database.write() as connection:
            row = _find(connection, username)
            wait_s = max(_wait_s(connection, kind, name, now) for kind, name in subjects)
            if wait_s > 0:
                tell_hourly(connection, _try(row, AuditAction.SIGN_IN_LOCKED, address, now))
                return Verdict(None, wait_s)
            for kind, name in subjects:
                _count_try(connection, f"{kind}:{name}", now)
        expected = _hash_of_nobody() if row is None else row["password_hash"]
        if expected == _NO_PASSWORD:
            expected = _hash_of_nobody()
        if not password_matches(password, expected) or row is None:
            with self._database.write() as connection:
                tell(connection, _try(row, AuditAction.SIGN_IN_REFUSED, address, now))
            return Verdict(None)
        with self._database.write() as connection:
            names = [f"{kind}:{name}" for kind, name in subjects]
            connection.execute(
                delete(sign_in_failures).where(sign_in_failures.c.subject.in_(names))
            )
            tell(connection, _try(row, AuditAction.SIGN_IN, address, now))
        return Verdict(_user(row))

    def change_password(self, username: str, old: str, new: str) -> None:
        """Give a user the password they chose, and end all their sessions.

        Raises PasswordRefusedError: the old one is wrong, or the new one too easy; NotFoundError.
        """
        with self._database.read() as connection:
            row = _row(connection, username)
        if not password_matches(old, row["password_hash"]):
            raise PasswordRefusedError(
                "the old password is wrong: enter the one you signed in with"
            )
        if len(new) < MIN_PASSWORD_LENGTH:
            raise PasswordRefusedError(
                f"a password needs at least {MIN_PASSWORD_LENGTH} characters: choose a longer one"
            )
        if new == old or username.lower() in new.lower():
            raise PasswordRefusedError(
                "the new password is the old one or contains your user name: choose another"
            )
        with self._database.write() as connection:
            _set_password(connection, username, hash_password(new), must_change=False)
            _tell(connection, username, AuditAction.PASSWORD_CHANGED, username)

    def reset_password(self, username: str) -> str:
        """Give a user a random password, to be changed at sign-in, and return it; NotFoundError."""
        password = readable_password()
        with self._database.write() as connection:
            _set_password(connection, username, hash_password(password), must_change=True)
            _tell(connection, self._actor, AuditAction.PASSWORD_RESET, username)
        return password

    def disable(self, username: str) -> None:
        """Let a user in no more, end their sessions, take their players' tokens back.

        Raises NotFoundError, and ConfigError for the last administrator who may sign in.
        """
        with self._database.write() as connection:
            _check_not_last(connection, _row(connection, username))
            _set_password(connection, username, _NO_PASSWORD, must_change=True)
            _tell(connection, self._actor, AuditAction.USER_DISABLED, username)


def _set_password(
    connection: Connection, username: str, password_hash: str, *, must_change: bool
) -> None:
    """Store a password's hash and end all sessions of its user; raises NotFoundError."""
    user_id = _row(connection, username)["id"]
    connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(password_hash=password_hash, must_change_password=must_change)
    )
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id))


def _check_not_last(connection: Connection, leaving: RowMapping) -> None:
    """Raise ConfigError when nobody could change users any more without this one."""
    others = select(func.count()).where(
        users.c.role == Role.ADMIN,
        users.c.password_hash != _NO_PASSWORD,
        users.c.id != leaving["id"],
    )
    if leaving["role"] == Role.ADMIN and connection.scalar(others) == 0:
        raise ConfigError(
            f"{leaving['username']} is the only administrator who may sign in: add another first"
        )


def _tell(
    connection: Connection,
    actor: str,
    action: AuditAction,
    username: str,
    detail: Detail | None = None,
) -> None:
    tell(connection, Act(utc_now(), actor, action, user_object(username), detail or {}))


def _try(row: RowMapping | None, action: AuditAction, address: str, now: datetime) -> Act:
    """Return what the audit log tells of a sign-in from an address; row: whose, None unknown."""
    return Act(now, NOBODY if row is None else row["username"], action, f"address/{address}")


@functools.cache
def _hash_of_nobody() -> str:
    """Return what to compare with when there is no such user, so that the answer takes as long."""
    return hash_password(readable_password())


def _check_unit(connection: Connection, unit: str | None) -> None:
    """Raise NotFoundError for the id of a unit that is not there."""
    known = select(units.c.id).where(units.c.id == unit)
    if unit is not None and connection.scalar(known) is None:
        raise NotFoundError(f"there is no unit {unit}")


def _find(connection: Connection, username: str) -> RowMapping | None:
    return connection.execute(select(users).where(users.c.username == username)).mappings().first()


def _row(connection: Connection, username: str) -> RowMapping:
    found = _find(connection, username)
    if found is None:
        raise NotFoundError(f"there is no user {username}")
    return found


def _user(row: RowMapping) -> User:
    return User(
        id=row["id"],
        username=row["username"],
        role=Role(row["role"]),
        must_change_password=row["must_change_password"],
        created_at=row["created_at"],
        unit=row["unit_id"],
        is_disabled=row["password_hash"] == _NO_PASSWORD,
    )


def _wait_s(connection: Connection, kind: str, name: str, now: datetime) -> float:
    """Return how long a user or an address must wait before the next try, in seconds."""
    query = select(sign_in_failures).where(sign_in_failures.c.subject == f"{kind}:{name}")
    row = connection.execute(query).mappings().first()
    if row is None or row["failures"] < FREE_TRIES[kind]:
        return 0.0
    doublings = min(row["failures"] - FREE_TRIES[kind], 16)
    wait_s: float = min(FIRST_WAIT_S * 2.0**doublings, LONGEST_WAIT_S)
    since: timedelta = now - row["last_failed_at"]
    return max(0.0, wait_s - since.total_seconds())


def _count_try(connection: Connection, subject: str, now: datetime) -> None:
    """Count a try as failed until it proves right, and forget what is long past."""
    table = sign_in_failures
    connection.execute(delete(table).where(table.c.last_failed_at < now - FORGET_AFTER))
    counted = connection.execute(
        update(table)
        .where(table.c.subject == subject)
        .values(failures=table.c.failures + 1, last_failed_at=now)
    )
    if counted.rowcount == 0:
        connection.execute(insert(table).values(subject=subject, failures=1, last_failed_at=now))
