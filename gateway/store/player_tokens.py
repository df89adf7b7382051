"""Tokens for players that cannot sign in, such as a television: one camera, for some days.

A token is a sealed note: whose it is, which camera, until when, and under which password and in
which unit it was made. Nothing of it is stored: who changes their password, moves to another unit
or is removed, takes all theirs back.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select

from gateway.clock import utc_now
from gateway.errors import StorageError
from gateway.secrets import SecretBox
from gateway.store.database import Database
from gateway.store.tables import users
from gateway.store.users import Role

PREFIX = "player_"
"""Tells a player's token from a session's, for people who find one and for us."""


@dataclass(frozen=True, slots=True)
class PlayerToken:
    """What a token allows: one camera's live pictures until it expires, in a user's name."""

    user_id: int
    camera_id: str
    expires_at: datetime


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: int
    camera_id: str
    expires_at: datetime
    password: str


class PlayerTokens:
    """Makes tokens, and says which are good."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box

    def make(self, user_id: int, camera_id: str, lasts: timedelta) -> tuple[str, PlayerToken]:
        """Return a new token of a user for a camera, and what it allows."""
        expires_at = utc_now().replace(microsecond=0) + lasts
        note = _Note(
            user_id=user_id,
            camera_id=camera_id,
            expires_at=expires_at,
            password=self._rights_mark(user_id) or "",
        )
        token = PREFIX + self._box.encrypt(note.model_dump_json())
        return token, PlayerToken(user_id, camera_id, expires_at)

    def find(self, token: str, now: datetime | None = None) -> PlayerToken | None:
        """Return what a token allows; None for one that is expired, taken back or not ours."""
        if not token.startswith(PREFIX):
            return None
        try:
            note = _Note.model_validate_json(self._box.decrypt(token.removeprefix(PREFIX)))
        except (StorageError, ValidationError):
            return None
        if note.expires_at <= (now or utc_now()):
            return None
        if note.password != self._rights_mark(note.user_id):
            return None
        return PlayerToken(note.user_id, note.camera_id, note.expires_at)

    def _rights_mark(self, user_id: int) -> str | None:
        """Return what changes with a user's password and unit, and does not give them away.

        None for a reporter, who may see no camera.
        """
        query = select(users.c.password_hash, users.c.unit_id).where(
            users.c.id == user_id, users.c.role != Role.REPORTER
        )
        with self._database.read() as connection:
            stored = connection.execute(query).first()
        if stored is None:
            return None
        whose = stored.password_hash + (f"\n{stored.unit_id}" if stored.unit_id else "")
        return hashlib.sha256(whose.encode()).hexdigest()
