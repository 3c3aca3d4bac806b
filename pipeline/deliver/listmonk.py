"""Hands an edition over to listmonk, for a desk that may not send mail itself: one draft campaign, which a person looks at and starts there.

Its API: https://listmonk.app/docs/apis/campaigns/. Sends no mail and starts no campaign. A tag names the edition there, so that a hand-over that was
killed or not answered is found again and no second one is made.
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import asdict
from urllib.parse import urlencode, urlsplit

from pipeline.errors import ConflictError, UnavailableError
from pipeline.model import Campaign

SECONDS = 30.0
LONGEST = 20_000_000
"""Bytes of an answer that are read."""
_ROOT = "Give the address at which listmonk is opened, such as https://lists.example.org."


def hand_over(server: str, campaign: Campaign, *, token: str, seconds: float = SECONDS) -> tuple[int, bool]:
    """Make a draft campaign unless it is there already; give its number, and whether it is new. `token` is `user:token` of an API user of listmonk.

    Raises `ConflictError` where it does not want the campaign, `UnavailableError` where there is no talking to it.
    """
    if not token:
        raise ConflictError(
            "Listmonk asks who we are, and there is no token.", hint="Set GLEANINGS_LISTMONK_TOKEN to `user:token` of one of its API users."
        )
    query = {"tags": campaign.tags, "no_body": "true", "per_page": "all"}
    known = _ask(server, f"/api/campaigns?{urlencode(query, doseq=True)}", token=token, seconds=seconds)
    for one in _results(known, server):
        match one:
            case {"id": int(number), "tags": list(tags)} if set(campaign.tags) <= set(map(str, tags)):
                return number, False
    said = {**asdict(campaign), "type": "regular", "content_type": "html", "messenger": "email"}
    match made := _ask(server, "/api/campaigns", json.dumps(said).encode(), token=token, seconds=seconds):
        case (200, {"data": {"id": int(number)}}):
            return number, True
    raise _refusal(made, server)


def _results(answer: tuple[int, object], server: str) -> list[object]:
    match answer:
        case (200, {"data": {"results": list(found)}}):
            return found
        case (200, {"data": {"results": None}}):
            return []
    raise _refusal(answer, server)


def _refusal(answered: tuple[int, object], server: str) -> ConflictError | UnavailableError:
    status, answer = answered
    match answer:
        case {"message": str(words)} if status < 500 and status != 429:
            hint = "Check GLEANINGS_LISTMONK_TOKEN and the rights of its user." if status in (401, 403) else "Check --list."
            return ConflictError(f"Listmonk answers {status}: {' '.join(words.split())[:300]}", hint=hint)
        case {"message": str(words)}:
            hint = "Give the same command later: no second campaign is made."
            return UnavailableError(f"Listmonk answers {status}: {' '.join(words.split())[:300]}", hint=hint)
    return UnavailableError(f"{server} answers {status}, and not as listmonk does.", hint=_ROOT)


def _ask(server: str, path: str, body: bytes | None = None, *, token: str, seconds: float) -> tuple[int, object]:
    """Ask, or with a body tell, and give status and answer."""
    connection, root = _connection(server, seconds)
    head = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    try:
        connection.request("GET" if body is None else "POST", root + path, body, head)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read(LONGEST))
    except ssl.SSLError as error:
        raise UnavailableError(f"No safe connection to {server}: {error.reason}.", hint="Check its certificate.") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"{server} does not answer: {error}.", hint=_ROOT) from error
    except ValueError as error:
        raise UnavailableError(f"{server} does not answer as listmonk does.", hint=_ROOT) from error
    finally:
        connection.close()


def _connection(server: str, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    """Open the way there. What is no plain address of a server is refused: the token goes nowhere else."""
    try:
        parts = urlsplit(server)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise ConflictError(f"“{server}” is no address of a listmonk.", hint=_ROOT)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context()), parts.path.rstrip("/")
    if host not in ("localhost", "127.0.0.1", "::1"):
        raise ConflictError("The token would cross the network in clear.", hint="Give listmonk's https address.")
    return http.client.HTTPConnection(host, port, timeout=seconds), parts.path.rstrip("/")
