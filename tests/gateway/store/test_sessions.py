from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.store import Store
from gateway.store.sessions import IDLE, LONGEST
from gateway.store.users import User

SECOND = timedelta(seconds=1)


@pytest.fixture
def user(store: Store) -> User:
    store.users.bootstrap_admin()
    return store.users.get("admin")


def test_session_is_found_by_its_token_alone(store: Store, user: User) -> None:
    token, other = store.sessions.begin(user), store.sessions.begin(user)
    session = store.sessions.find(token)
    assert session is not None
    assert session.user == user
    assert token != other
    assert store.sessions.find(token + "x") is None
    assert store.sessions.find("") is None


def test_token_is_not_in_the_database(store: Store, user: User) -> None:
    token = store.sessions.begin(user)
    with store._database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM sessions").one()
    assert token not in str(row)


def test_session_ends_when_idle(store: Store, user: User) -> None:
    token, now = store.sessions.begin(user), utc_now()
    assert store.sessions.peek(token, now + IDLE - SECOND * 10) is not None
    assert store.sessions.find(token, now + IDLE + SECOND * 10) is None


def test_use_keeps_a_session_alive_and_looking_does_not(store: Store, user: User) -> None:
    used, looked_at, now = store.sessions.begin(user), store.sessions.begin(user), utc_now()
    store.sessions.find(used, now + IDLE / 2)
    store.sessions.peek(looked_at, now + IDLE / 2)
    assert store.sessions.find(used, now + IDLE * 1.4) is not None
    assert store.sessions.peek(looked_at, now + IDLE * 1.4) is None


def test_session_in_use_ends_after_a_week(store: Store, user: User) -> None:
    token, now = store.sessions.begin(user), utc_now()
    moment = now
    while moment < now + LONGEST - IDLE / 4:
        assert store.sessions.find(token, moment) is not None
        moment += IDLE / 2
    assert store.sessions.find(token, now + LONGEST + SECOND) is None


def test_frequent_use_does_not_write_each_time(store: Store, user: User, noticed) -> None:
    token, now = store.sessions.begin(user), utc_now()
    with store.watch() as watch:
        watch.changed()
        for second in range(0, 50, 10):
            store.sessions.find(token, now + SECOND * second)
        assert not watch.changed()
        store.sessions.find(token, now + SECOND * 70)
        assert noticed(watch)


def test_sign_out_ends_one_session(store: Store, user: User) -> None:
    token, other = store.sessions.begin(user), store.sessions.begin(user)
    store.sessions.end(token)
    store.sessions.end(token)
    assert store.sessions.find(token) is None
    assert store.sessions.find(other) is not None
