"""What must stay secret: the passwords of cameras and of people, and the key file."""

import hmac
import os
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken

from gateway.errors import StorageError

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits nobody mistakes for one another on paper or on a phone: no i, l, o, 0, 1."""

_hasher = PasswordHasher()
"""argon2id with the second recommended option of RFC 9106 §4 (64 MiB, 3 passes, 4 lanes)."""


class SecretBox:
    """Encrypts short texts for the store with one key file; Fernet: AES-128-CBC and HMAC-SHA256."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)
        self._key = key

    @classmethod
    def open(cls, path: Path) -> "SecretBox":
        """Return the box of a key file, making the file first where there is none.

        Processes that start together agree on one key: the file appears whole or not at all.
        Raises StorageError: the file cannot be made or read, is no key, or others may read it.
        """
        try:
            if not path.exists():
                _create_key(path)
            if path.stat().st_mode & 0o077:
                raise StorageError(
                    f"the key file {path} can be read by other users; run: chmod 600 {path}"
                )
            return cls(path.read_bytes().strip())
        except OSError as error:
            raise StorageError(f"cannot open the key file {path}: {error.strerror}") from error
        except ValueError as error:
            raise StorageError(
                f"{path} is not a gridpatrol key; restore it from a backup, or remove it "
                "and enter the camera passwords again"
            ) from error

    def derive(self, purpose: str) -> str:
        """Return a token that only who has the key can know: HMAC-SHA256 of `purpose`, as hex.

        The processes of one data directory prove themselves to each other with it.
        """
        return hmac.new(self._key, purpose.encode(), "sha256").hexdigest()

    def encrypt(self, text: str) -> str:
        """Return the text encrypted, as ASCII."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Return what `encrypt` was given; raises StorageError when another key made the token."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise StorageError(
                "a stored password was encrypted with another key file; restore secret.key "
                "from the backup that goes with this database, or enter the password again"
            ) from error


def _create_key(path: Path) -> None:
    """Write a new key beside `path` and link it into place, unless another process was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def hash_password(password: str) -> str:
    """Return the argon2id hash to store for a person's password; about 50 ms by intent."""
    return _hasher.hash(password)


def password_matches(password: str, stored_hash: str) -> bool:
    """Return whether a password is the one behind a hash; a malformed hash matches nothing."""
    try:
        return _hasher.verify(stored_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def readable_password(groups: int = 4, group_length: int = 4) -> str:
    """Return a random password a person can read aloud: 79 bits as "k7mq-x2ph-9rtd-wc4e"."""
    return "-".join(
        "".join(secrets.choice(READABLE) for _ in range(group_length)) for _ in range(groups)
    )


def new_token() -> str:
    """Return 256 random bits as URL-safe text, for a sign-in session."""
    return secrets.token_urlsafe(32)
