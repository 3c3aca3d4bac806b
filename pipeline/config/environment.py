"""What comes from the environment: secrets, each as itself or as the path of a file (`_FILE`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.config.values import nearest
from pipeline.errors import Problem

PREFIX = "GLEANINGS_"
SECRETS = ("GLEANINGS_SMTP_PASSWORD", "GLEANINGS_DESK_PASSWORD", "GLEANINGS_LISTMONK_TOKEN", "GLEANINGS_WEBHOOK_SECRET", "GLEANINGS_OIDC_SECRET")
KNOWN = frozenset(SECRETS) | {f"{name}_FILE" for name in SECRETS}
MAILBOXES = "GLEANINGS_IMAP_PASSWORD"
"""The secret of every mailbox; with `_` and the id of a source in capitals, that of one."""


def secrets(environ: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    """Read every secret; one that is not set is empty. What it holds stands in no problem."""
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in KNOWN and not _is_mailbox(name))
    problems.extend(_problem(f"the variable {name} is unknown", nearest(name, KNOWN | {MAILBOXES})) for name in unknown)
    return {name: _secret(name, environ, problems) for name in SECRETS}


def mail_passwords(environ: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    """Read the secrets of mailboxes: by the id of their source in capitals, with `_` for what is no letter or digit; by no name the one for all."""
    names = {name.removesuffix("_FILE") for name in environ if _is_mailbox(name)}
    return {name.removeprefix(MAILBOXES).lstrip("_"): _secret(name, environ, problems) for name in sorted(names)}


def _is_mailbox(name: str) -> bool:
    return name == MAILBOXES or name.startswith(f"{MAILBOXES}_")


def _secret(name: str, environ: Mapping[str, str], problems: list[Problem]) -> str:
    value, path = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if value and path:
        problems.append(_problem(f"{name} and {name}_FILE are both set", "unset one of them"))
    if value or not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problems.append(_problem(f"{name}_FILE: {path} cannot be read: {reason}", "give the path of a file that holds the secret"))
        return ""


def _problem(what: str, remedy: str) -> Problem:
    return Problem(file="environment", line=0, what=what, remedy=remedy)
