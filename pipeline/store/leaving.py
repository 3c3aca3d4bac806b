"""A copy of the database made fit to leave the house: without what opens doors, and, unless somebody says otherwise, without readers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import copies

_KEYS = (
    *("DELETE FROM secrets", "DELETE FROM sign_ins", "DELETE FROM invitations", "DELETE FROM tokens"),
    "UPDATE accounts SET password = NULL, outside = NULL",
    *("DELETE FROM hook_calls", "DELETE FROM hook_cursors"),  # an address of a hook is often a secret itself
)
_READERS = (
    *("DELETE FROM votes", "DELETE FROM bounces", "DELETE FROM deliveries", "DELETE FROM notices", "DELETE FROM subscribers"),
    *("DELETE FROM inboxes", "DELETE FROM forgotten"),
    "UPDATE submissions SET name = '', email = '', note = ''",
)


def strip(path: Path, *, with_subscribers: bool) -> copies.Copied:
    """Take out of a copy what signs people in and signs links, and all that names a reader unless they are to go along; nothing of it stays in the
    file's empty pages. Gives back what is left. Raises `StoreError`."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("BEGIN")
            for sql in _KEYS if with_subscribers else (*_KEYS, *_READERS):
                db.execute(sql)
            db.execute("COMMIT")
            db.execute("VACUUM")
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be written ({error}).", hint="Make room, then try again.") from error
    return copies.check(path)
