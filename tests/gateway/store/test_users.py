from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotFoundError, PasswordRefusedError
from gateway.store import Store
from gateway.store.users import FREE_TRIES, LONGEST_WAIT_S, Role

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
HOME, AWAY = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def password(store: Store) -> str:
    made = store.users.bootstrap_admin()
    assert made is not None
    return made


def test_first_administrator_is_made_once(store: Store, password: str) -> None:
    assert store.users.bootstrap_admin() is None
    user = store.users.get("admin")
    assert (user.role, user.must_change_password) == (Role.ADMIN, True)
    assert store.users.verify("admin", password, HOME).user == user


def test_password_is_kept_as_a_hash(store: Store, password: str) -> None:
    with store._database.read() as connection:
        kept = connection.exec_driver_sql("SELECT password_hash FROM users").scalar()
    assert kept.startswith("$argon2id$")
    assert password not in kept


@pytest.mark.parametrize("username", ["admin", "nobody", "Admin", "", "x" * 10_000])
def test_wrong_names_and_passwords_get_the_same_answer(
    store: Store, password: str, username: str
) -> None:
    verdict = store.users.verify(username, "wrong", HOME)
    assert (verdict.user, verdict.retry_after_s) == (None, 0.0)


def test_guessing_is_slowed_down_and_forgiven(store: Store, password: str) -> None:
    for _ in range(FREE_TRIES["user"]):
        assert store.users.verify("admin", "wrong", HOME, NOW).retry_after_s == 0
    refused = store.users.verify("admin", password, AWAY, NOW)
    assert (refused.user, refused.retry_after_s) == (None, 1.0)
    soon = NOW + timedelta(seconds=0.6)
    assert store.users.verify("admin", password, HOME, soon).retry_after_s == pytest.approx(0.4)
    later = NOW + timedelta(seconds=1)
    assert store.users.verify("admin", "wrong", HOME, later).retry_after_s == 0
    assert store.users.verify("admin", password, HOME, later).retry_after_s == 2.0
    later += timedelta(seconds=2)
    assert store.users.verify("admin", password, HOME, later).user is not None
    assert store.users.verify("admin", "wrong", HOME, later).retry_after_s == 0


def test_waiting_has_an_end(store: Store, password: str) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO sign_in_failures VALUES "
            "('user:admin', 1000000, '2026-05-01 08:00:00.000000')"
        )
    refused = store.users.verify("admin", password, HOME, NOW)
    assert refused.retry_after_s == LONGEST_WAIT_S
    patient = NOW + timedelta(seconds=LONGEST_WAIT_S)
    assert store.users.verify("admin", password, HOME, patient).user is not None


def test_one_address_cannot_try_many_names(store: Store, password: str) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO sign_in_failures VALUES ('address:{HOME}', {FREE_TRIES['address']}, "
            "'2026-05-01 08:00:00.000000')"
        )
    assert store.users.verify("somebody", "wrong", HOME, NOW).retry_after_s == 1.0
    assert store.users.verify("admin", password, AWAY, NOW).user is not None


def test_guesses_at_the_same_moment_all_count(store: Store, password: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        verdicts = list(
            pool.map(lambda _: store.users.verify("admin", "wrong", HOME, NOW), range(12))
        )
    tried = [verdict for verdict in verdicts if verdict.retry_after_s == 0]
    assert len(tried) == FREE_TRIES["user"]


def test_failures_of_yesterday_are_forgotten(store: Store, password: str) -> None:
    store.users.verify("admin", "wrong", HOME, NOW)
    store.users.verify("other", "wrong", AWAY, NOW + timedelta(hours=25))
    with store._database.read() as connection:
        kept = connection.exec_driver_sql("SELECT subject FROM sign_in_failures").scalars().all()
    assert sorted(kept) == [f"address:{AWAY}", "user:other"]


def test_chosen_password_replaces_the_random_one_and_ends_sessions(
    store: Store, password: str
) -> None:
    token = store.sessions.begin(store.users.get("admin"))
    store.users.change_password("admin", password, "a long enough one")
    assert store.sessions.find(token) is None
    assert not store.users.get("admin").must_change_password
    assert store.users.verify("admin", password, HOME).user is None
    assert store.users.verify("admin", "a long enough one", HOME).user is not None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", "a long enough one", "the old password is wrong"),
        (None, "short", "at least 10 characters"),
        (None, None, "the new password is the old one"),
        (None, "I am ADMINistrator", "contains your user name"),
    ],
)
def test_password_changes_that_are_refused(
    store: Store, password: str, old: str | None, new: str | None, words: str
) -> None:
    token = store.sessions.begin(store.users.get("admin"))
    with pytest.raises(PasswordRefusedError, match=words):
        store.users.change_password("admin", old or password, new or password)
    assert store.sessions.find(token) is not None
    assert store.users.verify("admin", password, HOME).user is not None


def test_lost_password_is_replaced(store: Store, password: str) -> None:
    fresh = store.users.reset_password("admin")
    assert store.users.verify("admin", password, HOME).user is None
    verdict = store.users.verify("admin", fresh, HOME)
    assert verdict.user is not None
    assert verdict.user.must_change_password


def test_unknown_users(store: Store) -> None:
    for call in (
        lambda: store.users.get("nobody"),
        lambda: store.users.change_password("nobody", "x", "y"),
        lambda: store.users.reset_password("nobody"),
    ):
        with pytest.raises(NotFoundError, match="no user nobody"):
            call()
