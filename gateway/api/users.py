"""The people who may sign in, for administrators: who, their role and unit, a new password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, status
from pydantic import Field

from gateway.api.fields import Answer, Question, UtcTime
from gateway.api.security import ActingDep, SignInDep, administrator
from gateway.api.services import ServicesDep
from gateway.errors import ConfigError
from gateway.http.errors import ErrorBody
from gateway.store.users import Role

Username = Annotated[str, Path(max_length=64)]

router = APIRouter(prefix="/api/users", tags=["users"], dependencies=[Depends(administrator)])
ANSWERS: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}


class PersonBody(Answer):
    """A person. unit: id of theirs, null: the whole site. is_disabled: nothing lets them in.

    must_change_password: they have not yet chosen one of their own.
    """

    username: str
    role: Role
    unit: str | None
    must_change_password: bool
    is_disabled: bool
    created_at: UtcTime


class PeopleBody(Answer):
    """Everybody, by name."""

    users: tuple[PersonBody, ...]


class NewPerson(Question):
    """Somebody to be added."""

    username: str = Field(min_length=1, max_length=64)
    role: Role = Role.OPERATOR
    unit: str | None = Field(None, max_length=48)


class PasswordBody(Answer):
    """A password that was made up, told this once; whoever signs in with it must choose another."""

    username: str
    password: str


class RoleQuestion(Question):
    """What somebody may do from now on."""

    role: Role


class MoveQuestion(Question):
    """Which unit somebody belongs to from now on, null: the whole site."""

    unit: str | None = Field(max_length=48)


@router.get("")
def list_users(services: ServicesDep) -> PeopleBody:
    """Return everybody who may sign in, or might."""
    return PeopleBody(
        users=tuple(
            PersonBody(**{name: getattr(one, name) for name in PersonBody.model_fields})
            for one in services.store.users.all()
        )
    )


@router.post("", status_code=status.HTTP_201_CREATED, responses=ANSWERS)
def add_user(person: NewPerson, services: ActingDep) -> PasswordBody:
    """Add somebody with a made-up password."""
    password = services.store.users.add(person.username, person.role, person.unit)
    return PasswordBody(username=person.username, password=password)


@router.put("/{username}/unit", responses=ANSWERS)
def move_user(username: Username, question: MoveQuestion, services: ActingDep) -> PeopleBody:
    """Have somebody belong to another unit; their sessions end."""
    services.store.users.belong(username, question.unit)
    return list_users(services)


@router.put("/{username}/role", responses=ANSWERS)
def change_role(username: Username, question: RoleQuestion, services: ActingDep) -> PeopleBody:
    """Give somebody another role, at once also where they are signed in; nobody changes their own.

    The last administrator who may sign in stays one.
    """
    services.store.users.change_role(username, question.role)
    return list_users(services)


@router.post("/{username}/reset", responses=ANSWERS)
def reset_password(username: Username, services: ActingDep) -> PasswordBody:
    """Give somebody a made-up password; it lets in again who was shut out, and ends sessions."""
    return PasswordBody(username=username, password=services.store.users.reset_password(username))


@router.post("/{username}/disable", responses=ANSWERS)
def disable_user(username: Username, services: ActingDep, sign_in: SignInDep) -> PeopleBody:
    """Shut somebody out until their password is reset; nobody does that to themselves."""
    if username == sign_in.user.username:
        raise ConfigError("nobody shuts themselves out: have another administrator do it")
    services.store.users.disable(username)
    return list_users(services)
