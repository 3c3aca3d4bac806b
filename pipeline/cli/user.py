"""Errands around the people at the desk: give them accounts, roles and links, make tokens for programs, sign browsers out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pipeline.cli import late
from pipeline.cli.rooms import desk
from pipeline.cli.session import Session, command, day, group, here, now
from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Account, Role, Scope

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store import Store

name_argument = click.argument("name")
section_option = click.option("--section", "sections", multiple=True, metavar="ID", help="A section that a section editor arranges; may be repeated.")
role_choice = click.Choice([role.value for role in Role])


@group("user", "user add 'Priya Nair' --role operator", "user list", "user token 'Priya Nair' --scope read --label dashboard")
def user_command() -> None:
    """List, add and change the people at the desk, and make tokens for programs."""


@command("add", "user add 'Priya Nair' --role operator", "user add Tom --role section-editor --section evidence", group=user_command)
@name_argument
@click.option("--role", type=role_choice, default=Role.CURATOR.value, show_default=True, help="What they may do.")
@section_option
@here
def add_user(session: Session, name: str, role: str, sections: tuple[str, ...]) -> None:
    """Give somebody an account, and print the link by which they set a password. It works once, for 48 hours. The first is an operator."""
    with desk(session) as (config, store), store.transaction():
        if Role(role) is not Role.OPERATOR and not store.has_operator():
            raise ConflictError("The first account is an operator's.", hint="Add `--role operator`; the others come after.")
        person = store.add_account(name, Role(role), sections=_sections(sections, config), now=now())
        link = _link(config, store, person)
    session.emit({**_line(person), "link": link})
    session.say(f"{person.name} is {person.role.value} now. With this link, good once and for 48 hours, they set a password:\n{link}")


@command("list", "user list --json", group=user_command)
@here
def list_users(session: Session) -> None:
    """List the accounts, and how many browsers and programs of each are signed in."""
    with desk(session) as (_, store):
        rows = [(one, len(store.sign_ins(one.id, now())), len(store.tokens(one.id))) for one in store.accounts()]
    for one, browsers, tokens in rows:
        session.emit({**_line(one), "browsers": browsers, "tokens": tokens})
    heads = ("name", "role", "sections", "state", "browsers", "programs")
    session.table(
        heads, [(one.name, one.role.value, ", ".join(one.sections), _state(one), str(browsers), str(tokens)) for one, browsers, tokens in rows]
    )


@command("role", "user role 'Priya Nair' editor", group=user_command)
@name_argument
@click.argument("role", type=role_choice)
@section_option
@here
def change_role(session: Session, name: str, role: str, sections: tuple[str, ...]) -> None:
    """Give somebody another role. They have to sign in again."""
    with _somebody(session, name) as (config, store, person):
        person = store.set_role(person.id, Role(role), sections=_sections(sections, config))
    session.emit(_line(person))
    session.say(f"{person.name} is {person.role.value} now.")


@command("disable", "user disable 'Priya Nair'", group=user_command)
@name_argument
@here
def disable_user(session: Session, name: str) -> None:
    """Close an account: browsers, programs and links end at once. The name stays under what was decided."""
    with _somebody(session, name) as (_, store, person):
        person = store.set_disabled(person.id, since=now())
    session.emit(_line(person))
    session.say(f"{person.name} can come in no more.")


@command("enable", "user enable 'Priya Nair'", group=user_command)
@name_argument
@here
def enable_user(session: Session, name: str) -> None:
    """Open a closed account again, with the password and the tokens that it had."""
    with _somebody(session, name) as (_, store, person):
        person = store.set_disabled(person.id, since=None)
    session.emit(_line(person))
    session.say(f"{person.name} can come in again.")


@command("link", "user link 'Priya Nair'", group=user_command)
@name_argument
@here
def user_link(session: Session, name: str) -> None:
    """Print a new link by which somebody sets a password, as after one that was forgotten. Earlier links end."""
    with _somebody(session, name) as (config, store, person):
        link = _link(config, store, person)
    session.emit({**_line(person), "link": link})
    session.say(link)


@command("token", "user token 'Priya Nair' --scope read --scope decide --label 'reading list'", group=user_command)
@name_argument
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=("read",),
    show_default=True,
    help="What the program may do; may be repeated.",
)
@click.option("--label", default="command line", show_default=True, help="Which program it is for.")
@here
def user_token(session: Session, name: str, scopes: tuple[str, ...], label: str) -> None:
    """Make a token for a program of somebody, and print it this once. It may never do more than its person."""
    wanted = tuple(Scope(scope) for scope in scopes)
    with _somebody(session, name) as (_, store, person):
        if beyond := [scope.value for scope in wanted if not person.role.may(scope.role)]:
            raise ConflictError(
                f"{person.name} is {person.role.value} and may not {' or '.join(beyond)}.", hint="Leave the scope out, or change the role."
            )
        secret = late.store.new_secret()
        token = store.add_token(person.id, late.store.secret_hash(secret), label=label, scopes=wanted, now=now())
    session.emit({"name": person.name, "label": token.label, "scopes": [scope.value for scope in token.scopes], "token": secret})
    session.say(secret)


@command("sign-out", "user sign-out 'Priya Nair' --programs", group=user_command)
@name_argument
@click.option("--programs", is_flag=True, help="End the tokens of their programs too.")
@here
def sign_out(session: Session, name: str, programs: bool) -> None:
    """Sign somebody out everywhere."""
    with _somebody(session, name) as (_, store, person), store.transaction():
        browsers = store.sign_out_all(person.id)
        tokens = store.revoke_tokens(person.id, now()) if programs else 0
    session.emit({"name": person.name, "browsers": browsers, "tokens": tokens})
    session.say(f"{person.name} is signed out: {browsers} browsers, {tokens} programs.")


@contextmanager
def _somebody(session: Session, name: str) -> Iterator[tuple[Config, Store, Account]]:
    with desk(session) as (config, store):
        person = store.account(name)
        if person is None:
            raise NotFoundError("account of", name, hint="`gleanings user list` shows those there are.")
        yield config, store, person


def _sections(wanted: tuple[str, ...], config: Config) -> tuple[str, ...]:
    known = {section.id for section in config.digest.sections}
    if unknown := sorted(set(wanted) - known):
        raise NotFoundError("section", ", ".join(unknown), hint=f"sources.yaml has {', '.join(sorted(known))}.")
    return wanted


def _link(config: Config, store: Store, person: Account) -> str:
    secret = late.store.new_secret()
    store.invite(person.id, late.store.secret_hash(secret), ends=now() + late.store.INVITED)
    return f"{config.desk.url}/invitation/{secret}"


def _line(person: Account) -> dict[str, object]:
    return {"name": person.name, "role": person.role.value, "sections": list(person.sections), "state": _state(person)}


def _state(person: Account) -> str:
    if person.disabled:
        return f"disabled since {day(person.disabled)}"
    return "active" if person.has_password or person.outside else "invited"
