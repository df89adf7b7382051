"""What a player's token allows, and when it no longer does."""

from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.secrets import SecretBox
from gateway.store import Store


@pytest.fixture
def admin(store) -> int:
    store.users.bootstrap_admin()
    return store.users.get("admin").id


def test_a_token_is_good_for_its_camera_until_it_expires(store, admin):
    token, made = store.player_tokens.make(admin, "gate", timedelta(days=1))
    assert store.player_tokens.find(token) == made
    assert (made.user_id, made.camera_id) == (admin, "gate")
    almost = made.expires_at - timedelta(seconds=1)
    assert store.player_tokens.find(token, almost) == made
    assert store.player_tokens.find(token, made.expires_at) is None
    assert utc_now() + timedelta(hours=23) < made.expires_at


def test_a_new_password_takes_all_back(store, admin):
    token, _ = store.player_tokens.make(admin, "gate", timedelta(days=1))
    store.users.reset_password("admin")
    assert store.player_tokens.find(token) is None


@pytest.mark.parametrize(
    "token", ["", "player_", "player_x", "nonsense", "player_\xff", "player_" + "A" * 200]
)
def test_what_is_no_token_is_no_error(store, token):
    assert store.player_tokens.find(token) is None


def test_what_another_site_or_another_purpose_sealed_is_no_token(store, admin, tmp_path):
    with Store.open(tmp_path / "other.db", SecretBox.open(tmp_path / "other.key")) as other:
        other.users.bootstrap_admin()
        token, _ = other.player_tokens.make(admin, "gate", timedelta(days=1))
    assert store.player_tokens.find(token) is None
    sealed = SecretBox.open(tmp_path / "secret.key").encrypt("a camera's password")
    assert store.player_tokens.find(f"player_{sealed}") is None
