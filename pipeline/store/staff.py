"""The people at the desk: accounts, invitations, browsers that are signed in, tokens of programs. Hashes no password and sets no cookie.

Of what opens a door (invitation, cookie, token) only the SHA-256 is kept: each is 256 random bits, so that a slow hash would add nothing, and who
reads the database cannot use what stands there. Accounts are never deleted: their names stand under decisions.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.errors import ConflictError, NotFoundError, PipelineError
from pipeline.model import Account, Role, Scope, SignIn, Token
from pipeline.store.connection import Connection, Row, moment, stamp

IDLE = timedelta(days=14)
"""A browser that did nothing for so long is signed out."""
LONGEST = timedelta(days=90)
"""After so long it is signed out, whatever it did."""

_ACCOUNT = "SELECT a.*, a.password IS NOT NULL AS has_password FROM accounts a"
_SIGN_IN = "SELECT s.* FROM sign_ins s"


def new_secret() -> str:
    """Make what opens a door: 256 random bits in base64url."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Give what is kept of it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def name_key(name: str) -> str:
    """Give what two names have in common that a person would take for the same."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


INVITED = timedelta(hours=48)
"""So long a one-time link is good."""
_MOST_LETTERS = 60


def person_name(said: str) -> str:
    """Read the name of somebody who gets an account. Raises `PipelineError` with a sentence for what is none."""
    name = " ".join(unicodedata.normalize("NFC", said).split())
    if not name or len(name) > _MOST_LETTERS or not name.isprintable() or not any(map(str.isalnum, name)):
        raise PipelineError("This is no name.", hint=f"Write it as it should stand under decisions, in at most {_MOST_LETTERS} characters.")
    return name


LAST = "SELECT (SELECT coalesce(max(id), 0) FROM decisions), (SELECT coalesce(max(id), 0) FROM runs)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What stood open to whom, as another file of the same desk knows it: by number and key of a name its role, sections, password and day of
    closing; which tokens ended, and when; and the last numbers of a decision and of a survey, by which the newer of two files is told."""

    accounts: Mapping[tuple[int, str], tuple[str, str, str | None, str | None]] = field(default_factory=dict)
    revoked: Mapping[str, str] = field(default_factory=dict)
    last: tuple[int, int] = (0, 0)


class Staff(Connection):
    """Accounts and all that opens doors for them."""

    def close_doors(self, doors: Doors) -> None:
        """Open no door by a copy that was closed after it was made: accounts and tokens stand as in `doors`, where that is not the older of the two.
        All browsers sign in anew, and no link of before sets a password."""
        with self.transaction():
            self._change("DELETE FROM sign_ins")
            self._change("DELETE FROM invitations WHERE used IS NULL")
            if doors.last < tuple(self._rows(LAST)[0]):
                return
            for who, stands in doors.accounts.items():
                self._change("UPDATE accounts SET role = ?, sections = ?, password = ?, disabled = ? WHERE id = ? AND name_key = ?", (*stands, *who))
            for token, at in doors.revoked.items():
                self._change("UPDATE tokens SET revoked = ? WHERE hash = ?", (at, token))

    # ------------------------------------------------------------ accounts

    def accounts(self) -> tuple[Account, ...]:
        """Give all accounts by name, disabled ones too."""
        return tuple(map(_account, self._rows(f"{_ACCOUNT} ORDER BY a.name_key")))

    def account(self, name: str) -> Account | None:
        """Find an account by its name, without regard to case."""
        row = self._row(f"{_ACCOUNT} WHERE a.name_key = ?", (name_key(name),))
        return _account(row) if row else None

    def account_of(self, number: int) -> Account:
        """Give an account by its number. Raises `NotFoundError`."""
        row = self._row(f"{_ACCOUNT} WHERE a.id = ?", (number,))
        if row is None:
            raise NotFoundError("account", number)
        return _account(row)

    def outsider(self, outside: str) -> Account | None:
        """Find an account by what another system calls its person."""
        row = self._row(f"{_ACCOUNT} WHERE a.outside = ?", (outside,))
        return _account(row) if row else None

    def add_account(self, name: str, role: Role, *, sections: Sequence[str] = (), outside: str | None = None, now: datetime) -> Account:
        """Give somebody an account, without a password yet. Raises `ConflictError` where the name is taken, or was ever."""
        name = person_name(name)
        with self.transaction():
            if self.account(name):
                raise ConflictError(
                    f"The name {name} is taken.", hint="Names stand under decisions: nobody gets the name of another. Add a second name."
                )
            number = self._insert(
                "INSERT INTO accounts (name, name_key, role, sections, outside, made) VALUES (?, ?, ?, ?, ?, ?)",
                (name, name_key(name), role, json.dumps(list(sections)), outside, stamp(now)),
            )
            return self.account_of(number)

    def set_role(self, number: int, role: Role, *, sections: Sequence[str] = ()) -> Account:
        """Give somebody another role; every browser of theirs has to sign in anew. Raises `ConflictError` for the last operator."""
        with self.transaction():
            before = self.account_of(number)
            if role is not Role.OPERATOR:
                self._keep_an_operator(before)
            self._change("UPDATE accounts SET role = ?, sections = ? WHERE id = ?", (role, json.dumps(list(sections)), number))
            if role is not before.role:
                self.sign_out_all(number)
            return self.account_of(number)

    def set_disabled(self, number: int, *, since: datetime | None) -> Account:
        """Close an account, with all its browsers, tokens and invitations at once; or open it again (`None`). Raises `ConflictError`."""
        with self.transaction():
            before = self.account_of(number)
            if since is not None:
                self._keep_an_operator(before)
                self.sign_out_all(number)
                self._change("DELETE FROM invitations WHERE account = ?", (number,))
            self._change("UPDATE accounts SET disabled = ? WHERE id = ?", (stamp(since) if since else None, number))
            return self.account_of(number)

    def set_keys(self, number: int, keys: Mapping[str, str]) -> None:
        """Keep somebody's own keys."""
        self._change("UPDATE accounts SET keys = ? WHERE id = ?", (json.dumps(dict(keys), sort_keys=True), number))

    def has_operator(self) -> bool:
        """Say whether there is somebody who may give others an account."""
        return self._row("SELECT 1 FROM accounts WHERE role = 'operator' AND disabled IS NULL LIMIT 1") is not None

    def _keep_an_operator(self, leaving: Account) -> None:
        if leaving.role is not Role.OPERATOR or leaving.disabled:
            return
        if not self._row("SELECT 1 FROM accounts WHERE role = 'operator' AND disabled IS NULL AND id <> ?", (leaving.id,)):
            raise ConflictError(f"{leaving.name} is the last operator.", hint="Make somebody else operator first.")

    # ------------------------------------------------------------ passwords

    def has_sign_ins(self) -> bool:
        """Say whether anybody ever set a password, or took up an invitation by a provider. A disabled account counts, or closing it would open the
        desk."""
        return self._row("SELECT 1 FROM accounts WHERE password IS NOT NULL OR outside GLOB 'http*://*|*' LIMIT 1") is not None

    def password(self, number: int) -> str | None:
        """Give the hash of somebody's password, in PHC form."""
        row = self._row("SELECT password FROM accounts WHERE id = ?", (number,))
        return row["password"] if row else None

    def set_password(self, number: int, password: str) -> None:
        """Keep the hash of a new password; every browser of theirs has to sign in anew, and no link of theirs sets another."""
        with self.transaction():
            self.account_of(number)
            self._change("UPDATE accounts SET password = ? WHERE id = ?", (password, number))
            self._change("DELETE FROM invitations WHERE account = ? AND used IS NULL", (number,))
            self.sign_out_all(number)

    def rehash(self, number: int, *, old: str, new: str) -> None:
        """Keep another hash of the same password, unless the password was changed meanwhile."""
        self._change("UPDATE accounts SET password = ? WHERE id = ? AND password = ?", (new, number, old))

    # ------------------------------------------------------------ invitations

    def invite(self, number: int, kept: str, *, ends: datetime) -> None:
        """Keep a one-time link (its hash) to set a password. Earlier ones of the same person end. Raises `ConflictError` for a disabled account."""
        with self.transaction():
            account = self.account_of(number)
            if account.disabled:
                raise ConflictError(f"{account.name} is disabled.", hint=f"`gleanings user enable {account.name}` opens the account again.")
            self._change("DELETE FROM invitations WHERE account = ? AND used IS NULL", (number,))
            self._change("INSERT INTO invitations (hash, account, ends) VALUES (?, ?, ?)", (kept, number, stamp(ends)))

    def account_invited(self, kept: str, now: datetime) -> Account | None:
        """Say whom a link invites, if it is good still."""
        row = self._row(
            f"{_ACCOUNT} JOIN invitations i ON i.account = a.id WHERE i.hash = ? AND i.used IS NULL AND i.ends > ? AND a.disabled IS NULL",
            (kept, stamp(now)),
        )
        return _account(row) if row else None

    def accept_invitation(self, kept: str, password: str, now: datetime) -> Account | None:
        """Use a link up and keep the hash of the password; `None` where it was good no more. Of two at once, one gets in."""
        with self.transaction():
            account = self.account_invited(kept, now)
            if account is None:
                return None
            self._change("UPDATE invitations SET used = ? WHERE hash = ?", (stamp(now), kept))
            self.set_password(account.id, password)
            return self.account_of(account.id)

    def take_up(self, kept: str, outside: str, now: datetime) -> Account | None:
        """Use a link up and have another system (`issuer|subject`) sign this person in from now on; `None` where it was good no more.

        Raises `ConflictError` where it signs somebody else in already.
        """
        with self.transaction():
            account = self.account_invited(kept, now)
            if account is None:
                return None
            known = self.outsider(outside)
            if known is not None and known.id != account.id:
                raise ConflictError(f"This sign-in is that of {known.name} already.", hint="Sign in with it, or set a password for this account.")
            self._change("UPDATE invitations SET used = ? WHERE hash = ?", (stamp(now), kept))
            self._change("DELETE FROM invitations WHERE account = ? AND used IS NULL", (account.id,))
            self._change("UPDATE accounts SET outside = ? WHERE id = ?", (outside, account.id))
            self.sign_out_all(account.id)
            return self.account_of(account.id)

    # ------------------------------------------------------------ browsers

    def sign_in(self, kept: str, *, account: int | None, agent: str, now: datetime) -> None:
        """Keep that a browser is signed in. Those whose time is over are forgotten at the same time."""
        with self.transaction():
            self._change("DELETE FROM sign_ins WHERE seen <= ? OR made <= ?", (stamp(now - IDLE), stamp(now - LONGEST)))
            values = (kept, account, stamp(now), stamp(now), agent[:200])
            self._change("INSERT INTO sign_ins (hash, account, made, seen, agent) VALUES (?, ?, ?, ?, ?)", values)

    def signed_in(self, kept: str, now: datetime) -> SignIn | None:
        """Find a browser whose time is not over, and whose account is not disabled."""
        row = self._row(
            f"""{_SIGN_IN} LEFT JOIN accounts a ON a.id = s.account
                WHERE s.hash = ? AND s.seen > ? AND s.made > ? AND a.disabled IS NULL""",
            (kept, stamp(now - IDLE), stamp(now - LONGEST)),
        )
        return _sign_in(row) if row else None

    def sign_ins(self, number: int, now: datetime) -> tuple[SignIn, ...]:
        """List somebody's browsers, the last used first."""
        values = (number, stamp(now - IDLE), stamp(now - LONGEST))
        return tuple(map(_sign_in, self._rows(f"{_SIGN_IN} WHERE s.account = ? AND s.seen > ? AND s.made > ? ORDER BY s.seen DESC", values)))

    def touch(self, kept: str, now: datetime) -> None:
        """Keep that a browser did something."""
        self._change("UPDATE sign_ins SET seen = ? WHERE hash = ?", (stamp(now), kept))

    def sign_out(self, kept: str, *, account: int | None = None) -> bool:
        """Forget a browser; with an account, only if it is one of that person. Says whether there was one."""
        return self._change("DELETE FROM sign_ins WHERE hash = ?1 AND (?2 IS NULL OR account = ?2)", (kept, account)) > 0

    def sign_out_all(self, number: int) -> int:
        """Forget all browsers of a person; says how many there were."""
        return self._change("DELETE FROM sign_ins WHERE account = ?", (number,))

    # ------------------------------------------------------------ programs

    def add_token(self, number: int, kept: str, *, label: str, scopes: Sequence[Scope], now: datetime) -> Token:
        """Keep a program's way in (its hash). Raises `NotFoundError` for an unknown account."""
        with self.transaction():
            self.account_of(number)
            values = (kept, number, label, json.dumps([*dict.fromkeys(scopes)]), stamp(now))
            made = self._insert("INSERT INTO tokens (hash, account, label, scopes, made) VALUES (?, ?, ?, ?, ?)", values)
            return _token(self._rows("SELECT * FROM tokens WHERE id = ?", (made,))[0])

    def token(self, kept: str) -> tuple[Account, Token] | None:
        """Find a token that was not revoked, and its person, who is not disabled."""
        row = self._row(
            "SELECT t.* FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = ? AND t.revoked IS NULL AND a.disabled IS NULL", (kept,)
        )
        return (self.account_of(row["account"]), _token(row)) if row else None

    def tokens(self, number: int) -> tuple[Token, ...]:
        """List somebody's tokens that are good, the newest first."""
        return tuple(map(_token, self._rows("SELECT * FROM tokens WHERE account = ? AND revoked IS NULL ORDER BY id DESC", (number,))))

    def revoke_tokens(self, number: int, now: datetime) -> int:
        """End all tokens of a person; says how many there were."""
        return self._change("UPDATE tokens SET revoked = ? WHERE account = ? AND revoked IS NULL", (stamp(now), number))

    def touch_token(self, number: int, now: datetime) -> None:
        """Keep that a program changed something with its token."""
        self._change("UPDATE tokens SET seen = ? WHERE id = ?", (stamp(now), number))

    def revoke_token(self, number: int, *, account: int, now: datetime) -> bool:
        """End a token of that person; says whether there was one."""
        return self._change("UPDATE tokens SET revoked = ? WHERE id = ? AND account = ? AND revoked IS NULL", (stamp(now), number, account)) > 0


def _account(row: Row) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        sections=tuple(json.loads(row["sections"])),
        keys=json.loads(row["keys"]),
        made=datetime.fromisoformat(row["made"]),
        disabled=moment(row["disabled"]),
        has_password=bool(row["has_password"]),
        outside=row["outside"] is not None,
    )


def _sign_in(row: Row) -> SignIn:
    made, seen = datetime.fromisoformat(row["made"]), datetime.fromisoformat(row["seen"])
    return SignIn(hash=row["hash"], account=row["account"], made=made, seen=seen, agent=row["agent"])


def _token(row: Row) -> Token:
    return Token(
        id=row["id"],
        account=row["account"],
        label=row["label"],
        scopes=tuple(Scope(one) for one in json.loads(row["scopes"])),
        made=datetime.fromisoformat(row["made"]),
        seen=moment(row["seen"]),
        revoked=moment(row["revoked"]),
    )
