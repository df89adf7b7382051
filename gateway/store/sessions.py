"""Sign-in sessions: a random token in the browser's cookie, its hash here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from gateway.audit.act import Act, AuditAction, user_object
from gateway.clock import utc_now
from gateway.secrets import new_token
from gateway.store.audit_log import tell
from gateway.store.database import Database
from gateway.store.tables import sessions, users
from gateway.store.users import Role, User

IDLE = timedelta(hours=12)
"""A session unused for this long ends: one shift."""
LONGEST = timedelta(days=7)
"""A session in constant use ends all the same: the duty rota's week."""
_SLIDE_AFTER = timedelta(minutes=1)
"""The expiry is written anew this often at most, however many requests come."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in, until when if idle."""

    user: User
    created_at: datetime
    expires_at: datetime


class Sessions:
    """The sessions in the store. A thief of the database learns no token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, user: User) -> str:
        """Begin a session and return its token: 256 random bits."""
        token, now = new_token(), utc_now()
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(
                insert(sessions).values(
                    token_sha256=_hash(token),
                    user_id=user.id,
                    created_at=now,
                    expires_at=now + IDLE,
                )
            )
        return token

    def find(self, token: str, now: datetime | None = None) -> Session | None:
        """Return the session of a token, and keep it alive by this use; None when it has ended."""
        now = now or utc_now()
        session = self.peek(token, now)
        if session is None:
            return None
        expires_at = min(now + IDLE, session.created_at + LONGEST)
        if expires_at - session.expires_at >= _SLIDE_AFTER:
            with self._database.write() as connection:
                connection.execute(
                    update(sessions)
                    .where(sessions.c.token_sha256 == _hash(token))
                    .values(expires_at=expires_at)
                )
        return session

    def peek(self, token: str, now: datetime | None = None) -> Session | None:
        """Return the session of a token without keeping it alive, as an open event channel asks."""
        query = (
            select(users, sessions.c.created_at.label("begun_at"), sessions.c.expires_at)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(
                sessions.c.token_sha256 == _hash(token),
                sessions.c.expires_at > (now or utc_now()),
            )
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        user = User(
            id=row["id"],
            username=row["username"],
            role=Role(row["role"]),
            must_change_password=row["must_change_password"],
            created_at=row["created_at"],
            unit=row["unit_id"],
        )
        return Session(user, row["begun_at"], row["expires_at"])

    def end(self, token: str) -> None:
        """End one session; ending it again does nothing."""
        its = sessions.c.token_sha256 == _hash(token)
        whose = select(users.c.username).join(sessions, sessions.c.user_id == users.c.id).where(its)
        with self._database.write() as connection:
            username = connection.scalar(whose)
            if username is not None:
                connection.execute(delete(sessions).where(its))
                action, who = AuditAction.SIGN_OUT, user_object(username)
                tell(connection, Act(utc_now(), username, action, who))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
