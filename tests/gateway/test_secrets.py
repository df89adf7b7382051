import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import StorageError
from gateway.secrets import (
    READABLE,
    SecretBox,
    hash_password,
    new_token,
    password_matches,
    readable_password,
)


def test_key_file_is_private_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    token = SecretBox.open(path).encrypt("村口-pass")
    assert path.stat().st_mode & 0o777 == 0o600
    assert SecretBox.open(path).decrypt(token) == "村口-pass"
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    program = (
        "import sys, pathlib; from gateway.secrets import SecretBox;"
        "sys.stdin.read(1); print(SecretBox.open(pathlib.Path(sys.argv[1])).encrypt('x'))"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    tokens = [starter.communicate("!")[0].strip() for starter in starters]
    box = SecretBox.open(path)
    assert [box.decrypt(token) for token in tokens] == ["x"] * 6


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (Fernet.generate_key(), 0o644, "chmod 600"),
        (Fernet.generate_key(), 0o620, "chmod 600"),
        (b"not a key", 0o600, "is not a gridpatrol key"),
        (b"", 0o600, "is not a gridpatrol key"),
    ],
    ids=["all may read", "a group may write", "no key", "empty"],
)
def test_unusable_key_files_are_refused(
    tmp_path: Path, content: bytes, mode: int, words: str
) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(StorageError, match=words):
        SecretBox.open(path)


def test_key_file_where_none_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot open the key file"):
        SecretBox.open(tmp_path / "file" / "secret.key")


def test_another_key_opens_nothing() -> None:
    token = SecretBox(Fernet.generate_key()).encrypt("x")
    with pytest.raises(StorageError, match=r"restore secret\.key"):
        SecretBox(Fernet.generate_key()).decrypt(token)


@given(st.text())
def test_what_is_encrypted_comes_back_and_does_not_show(text: str) -> None:
    box = SecretBox(Fernet.generate_key())
    token = box.encrypt(text)
    assert box.decrypt(token) == text
    assert box.encrypt(text) != token


def test_password_hashes() -> None:
    stored = hash_password("open sesame")
    assert stored.startswith("$argon2id$")
    assert password_matches("open sesame", stored)
    assert not password_matches("open sesam", stored)
    assert not password_matches("open sesame", "not a hash")
    assert hash_password("open sesame") != stored


def test_random_passwords_can_be_read_aloud_and_never_repeat() -> None:
    drawn = {readable_password() for _ in range(200)}
    assert len(drawn) == 200
    assert all(set(password) <= set(READABLE) | {"-"} for password in drawn)
    assert {len(password) for password in drawn} == {19}
    assert not set("il10o") & set(READABLE)


def test_tokens_are_long_and_never_repeat() -> None:
    drawn = {new_token() for _ in range(200)}
    assert len(drawn) == 200
    assert all(len(token) == 43 for token in drawn)


def test_derived_tokens_follow_from_key_and_purpose(tmp_path: Path) -> None:
    box, other = SecretBox.open(tmp_path / "one"), SecretBox.open(tmp_path / "other")
    assert box.derive("worker") == SecretBox.open(tmp_path / "one").derive("worker")
    assert len({box.derive("worker"), box.derive("serve"), other.derive("worker")}) == 3
