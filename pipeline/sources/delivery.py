"""A mail that a mail server wrote about one of ours: what came back, for whom, and whether for good. Sends nothing and knows no subscriber.

Delivery status notices (RFC 3464, RFC 6533) are read field by field, complaints by RFC 5965. What servers write in words of their own is left to
flufl.bounce, which Mailman reads with, as far as addresses go; why and whether for good the words say (English and German, mostly). Whatever the
bytes are, time and memory are bounded and nothing is raised. Automatic replies of people are no returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from enum import StrEnum

from flufl.bounce import all_failures

from pipeline.sources import sorts
from pipeline.sources.message import Mail, decode, decoded, parse
from pipeline.sources.sorts import Sort
from pipeline.text import clip, plain, squeeze

MAX_BYTES = 256_000
"""What is read of a report: it stands at the top, and below it comes the mail that we know."""
MAX_LINE = 300
MAX_LINES = 600
MAX_BOUNDARIES = 40
MAX_FAILURES = 50
_TOP = 6_000  # characters of a text in which a server says what happened
_SAID = 200

_ADDRESS = r"[^\s<>@\"'(),:;\[\]]{1,64}@[A-Za-z0-9._-]{2,252}[A-Za-z0-9]"
_PLACE = re.compile(rf"<?({_ADDRESS})>?")
_NAMED = re.compile(rf"(?:^|[<\s\"'(:\[])({_ADDRESS})(?=[>\s\"'),.:;\]]|$)", re.MULTILINE)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.])([45])[0-5]\d(?![\d.]*\d)")
_TAGGED = re.compile(rb"\+[A-Za-z0-9][A-Za-z0-9._=-]{9,80}@[A-Za-z0-9.-]{1,253}")
_ENDLESS = re.compile(rb"[^\s@]{100,}")
"""No word, address or boundary of a report is so long; every pattern that looks for an `@` would search through it again from each letter."""
_ID = re.compile(rb"^[>\s]{0,4}(?:message-id|in-reply-to|original-message-id):\s{0,4}<([^<>\s]{3,250})>", re.IGNORECASE | re.MULTILINE)
_SYSTEM = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?delivery-?(?:system|subsystem)|mail-?daemon|microsoftexchange[0-9a-f]{32}|mdaemon|bounces?)[+@]|^$",
    re.IGNORECASE,
)
_SYSTEM_NAME = re.compile(r"^(?:mail delivery (?:sub)?system|system ?administrator|post ?master)$", re.IGNORECASE)
_ANSWER = re.compile(r"\s*(?:re|aw|sv|antw|r[ée]p|fwd?|wg|tr)\s*:", re.IGNORECASE)
_TROUBLE = re.compile(r"fail|return|reject|deliver|delay|error|warning|unknown|unavailable|not accepted", re.IGNORECASE)
_RETURNED = re.compile(
    r"(?:returned|undeliver\w+|automatically rejected) (?:mail|message)|non-?delivery|delivery (?:failure|failed|error|warning|status notification)"
    r"|could not be delivered|mail delivery (?:warning|failed)|unzustellbar|mail failed",
    re.IGNORECASE,
)
_NOTICE = ("message/delivery-status", "message/global-delivery-status")
_COMPLAINTS = ("abuse", "complaint", "opt-out", "opt-out-list", "fraud")

_COPY = re.compile(
    r"^[\s>*=_-]*(?:(?:below (?:this|the next) line is a|this is a|included is a|here is (?:a|your)|a) copy of (?:the|your|all)\b.*"
    r"|(?:the )?(?:original|returned|undelivered) (?:message|mail)\b.{0,40}|message header follows.*|(?:die )?(?:urspr[üu]ngliche|original-?) ?"
    r"(?:nachricht|kopfzeilen)\b.{0,40}|forwarded message|received: from .*|return-path: .*)[\s=_-]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FAILED = re.compile(
    r"(?:could|can) ?not be (?:delivered|reached)|couldn['’]t (?:be delivered|deliver)|was(?:n['’]t| not) (?:able to deliver|delivered)|undeliver"
    r"|(?:was|were) unable to deliver|delivery (?:(?:to|of) .{1,80} )?(?:has )?failed|permanent (?:fatal )?error|returned to sender|message rejected"
    r"|did not reach|(?:user|recipient|address|mailbox) (?:unknown|not found|unavailable|rejected)|(?:un)?known user|no such (?:user|mailbox|address)"
    r"|(?:mailbox|inbox|quota) .{0,20}(?:full|exceeded)|giving up|given up|konnte(?:n)? nicht (?:an .{1,80} )?zugestellt|unzustellbar"
    r"|nicht zugestellt werden|fehler bei der zustellung|n['’]a pas pu [êe]tre (?:remis|distribu)|no se (?:ha )?pud?o? entregar",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"no action is required|(?:still|keep|continue|will be) (?:trying|re-?tr(?:y|ied))|(?:not|n't) yet been delivered|warning message only"
    r"|has been delayed|delivery (?:is |was )?delayed|(?:you do not|don['’]t) need to (?:resend|take any action)|delivery attempts will continue"
    r"|(?:zustellung|nachricht) .{0,60}verz[öo]gert|weiter(?:hin)? versucht|noch nicht zugestellt",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"(?:user|recipient|mailbox|account|address|addressee|person|empf[äa]nger)(?:s|['’]s)?[\w\s<>@.:;,'\"+=-]{0,80}?\b(?:unknown|not found"
    r"|does ?n[o'’]t exist|no longer|(?:is |been )?(?:disabled|deactivated|inactive|discontinued|invalid)|not (?:known|listed|exist)|unbekannt"
    r"|nicht (?:gefunden|vorhanden|bekannt)|existiert nicht|existe pas|inconnue?)"
    r"|(?:unknown|invalid|no such|bad destination|non-?existent|unbekannter|ung[üu]ltige[rs]?) (?:user|recipient|mailbox|address|account|local"
    r"|person|domain|empf)"
    r"|(?:no|not a) (?:mailbox|valid (?:user|mailbox|recipient)|user) (?:here|by that name|by this name)?|user ?unknown"
    r"|host or domain name not found|domain (?:not found|does not exist)|unrout(?:e)?able|does not have an? .{0,20}account|usuario desconocido"
    r"|nicht gefunden",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"(?:mailbox|inbox|account|user|recipient|folder|postfach|speicherplatz|quota|storage)[\w\s<>@.:;,'\"+=-]{0,60}?\b(?:full"
    r"|exceed(?:s|ed)?|over ?quota|out of (?:storage|space)|voll|[üu]berschritten|ersch[öo]pft|pleine)|over ?quota|quota ?exceeded"
    r"|exceeded .{0,30}(?:quota|storage)|insufficient (?:disk|storage|system)|too much mail|[üu]berf[üu]llt|bo[îi]te .{0,20}pleine|buz[óo]n lleno",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"spam|blocked|blacklist|block ?list|deny ?list|reputation|policy|dmarc|dkim|\bspf\b|greylist|virus|unsolicited|content (?:rejected|filter)"
    r"|too (?:large|big)|message size|size (?:limit|exceeds)|rate limit|too many|zu gro[ßs]|abgelehnt aufgrund|authenti(?:cation|cated)|relay",
    re.IGNORECASE,
)
_PASSING = ("2.2", "2.3", "2.4", "3.", "4.6", "4.7", "4.300", "4.312", "4.316", "5.", "6.", "7.")
"""Of a code that begins with 5, what is no fault of the address (RFC 3463): a full mailbox, a server at fault, a loop, contents, policy."""


class Sent(StrEnum):
    """What a report says of a mail; `OTHER` is a receipt, or feedback that is no complaint."""

    FAILED = "failed"
    DELAYED = "delayed"
    OTHER = "other"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One recipient, by the addresses that the report gives, the most certain first. `hard` where a later mail is no use; `code` is that of
    RFC 3463, empty where nothing was said."""

    addresses: tuple[str, ...] = ()
    hard: bool
    code: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A report. `tagged` are the addresses with a plus that stand in it, those that it went to first: one of them may say whose mail it was.
    `ids` are the Message-IDs of the mail that it is about."""

    what: Sent
    failed: tuple[Failed, ...] = ()
    tagged: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    sent: datetime | None = None

    @property
    def hard(self) -> bool:
        """Whether it failed for good for everybody whom the report names."""
        return bool(self.failed) and all(one.hard for one in self.failed)


def report(body: bytes) -> Returned | None:
    """Read a report of a mail server; nothing where the mail is none. Never raises, whatever the bytes are."""
    body = body[:MAX_BYTES]
    mail, tree = parse(body), _tree(body)
    if tree is None:
        return None
    complaint = _complaint(tree)
    if complaint is not None:
        what, failed = Sent.COMPLAINT if complaint else Sent.OTHER, complaint
    elif blocks := list(_blocks(tree, *_NOTICE)):
        what, failed = _noticed(blocks)
        if what is Sent.FAILED and not failed:
            failed = _in_words(mail, tree)[1]
    elif _is_free(mail, tree):
        what, failed = _in_words(mail, tree)
    else:
        return None
    return Returned(what=what, failed=failed, tagged=_tagged(mail, body), ids=_ids(mail, body), sent=mail.sent)


def _is_free(mail: Mail, tree: Message) -> bool:
    """Whether a mail is a report in words: a server wrote it, and it says that something was not delivered."""
    sort = sorts.machine(mail)
    if "x-failed-recipients" in mail.headers or sort is Sort.BOUNCE:
        return True
    is_system = bool(_SYSTEM.search(mail.sender) or _SYSTEM_NAME.search(mail.name))
    if "list-id" in mail.headers or _ANSWER.match(mail.subject) or (sort is not None and not is_system):
        return False
    words = f"{mail.subject}\n{_top(mail)[:1_500]}"
    if (is_system or mail.header("return-path").strip() == "<>") and (_FAILED.search(words) or _DELAYED.search(words)):
        return True
    return bool((_TROUBLE.search(words) if is_system else _RETURNED.search(mail.subject)) and any(_scanned(tree)))


# ---------------------------------------------------------------- by the field


def _tree(body: bytes) -> Message | None:
    """Parse a mail with its lines bounded and what is no ASCII left open: the reports' own words are in ASCII where they matter."""
    if len(re.findall(rb"boundary", body, re.IGNORECASE)) > MAX_BOUNDARIES:
        return None
    text = _ENDLESS.sub(b"x", re.sub(rb"[^\x00-\x7f]", b"?", body))
    lines = (line[:MAX_LINE] for line in text.splitlines()[:MAX_LINES])
    with suppress(MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return BytesParser(policy=compat32).parsebytes(b"\n".join(lines))
    return None


def _blocks(tree: Message, *media_types: str) -> Iterator[Message]:
    """Give the groups of fields in the parts of a type. The parser reads each as the head of a mail; of the types of RFC 6533, which it does not
    know, it reads the first one so, and what follows as its text."""
    with suppress(RecursionError):
        for part in tree.walk():
            payload = part.get_payload() if part.get_content_type() in media_types else None
            groups = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
            yield from groups
            texts = [payload] if isinstance(payload, str) else [str(one.get_payload()) for one in groups if not one.is_multipart()]
            yield from (message_from_string(group) for text in texts for group in text.split("\n\n")[:MAX_FAILURES] if group.strip())


def _noticed(blocks: list[Message]) -> tuple[Sent, tuple[Failed, ...]]:
    """Read the groups of a notice, one for each recipient (RFC 3464, 2.3)."""
    actions: list[str] = []
    failed: list[Failed] = []
    for block in blocks[:MAX_FAILURES]:
        action = _field(block, "action").lower()
        actions.append(action)
        if action.startswith(("fail", "error")) or (not action and _field(block, "status").startswith("5")):
            failed.append(_of_block(block))
    if failed:
        return Sent.FAILED, tuple(failed)
    if any(action.startswith("delay") for action in actions):
        return Sent.DELAYED, ()
    delivered = any(action.startswith(("deliver", "relay", "expand")) for action in actions)
    return (Sent.OTHER if delivered else Sent.FAILED), ()


def _of_block(block: Message) -> Failed:
    said = _field(block, "diagnostic-code").partition(";")[2].strip() or _field(block, "diagnostic-code")
    names = [_field(block, name).rpartition(";")[2] for name in ("original-recipient", "final-recipient", "x-actual-recipient")]
    plain_names = [found[1] for name in names if (found := _PLACE.search(name))]
    written = [_XTEXT.sub(lambda code: chr(int(code[1], 16)), name) for name in plain_names[:1]]  # ORCPT comes in xtext (RFC 3461, 4)
    code = _CODE.search(_field(block, "status"))
    return _judged(tuple(dict.fromkeys((*plain_names, *written))), code[1] if code else "", said)


def _complaint(tree: Message) -> tuple[Failed, ...] | None:
    """Read whom a complaint is about (RFC 5965); no one where the feedback is of another kind, nothing where it is none."""
    blocks = list(_blocks(tree, "message/feedback-report"))
    if not blocks:
        return None
    block = blocks[0]
    if _field(block, "feedback-type").lower() not in _COMPLAINTS:
        return ()
    names = (str(value) for name in ("original-rcpt-to", "removal-recipient") for value in block.get_all(name, [])[:5])
    found = tuple(match[1] for name in names if (match := _PLACE.search(name[:MAX_LINE])))
    return (Failed(addresses=found, hard=True, said="complaint"),)


def _field(block: Message, name: str) -> str:
    return decoded(str(block.get(name, ""))[:2_000])


# ---------------------------------------------------------------- in words


def _in_words(mail: Mail, tree: Message) -> tuple[Sent, tuple[Failed, ...]]:
    top = _top(mail)
    soft, hard = _scanned(tree)
    named = (*hard, *soft, *_listed(mail.header("x-failed-recipients")), *_NAMED.findall(top))
    addresses = tuple(dict.fromkeys(one for one in named if not _SYSTEM.search(one)))[:MAX_FAILURES]
    is_delay = bool(_DELAYED.search(mail.subject) or _DELAYED.search(top)) and not re.search(r"giv(?:ing|en) up|permanent", top, re.IGNORECASE)
    if is_delay or (soft and not hard):
        return Sent.DELAYED, ()
    code = _CODE.search(top)
    return Sent.FAILED, (_judged(addresses, code[1] if code else "", _reason(top)),)


def _scanned(tree: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask flufl.bounce whom a report names: for a while, and for good."""
    if not getaddresses([str(tree.get("From", ""))]):
        del tree["From"]  # one of its detectors counts on a sender
        tree["From"] = "mailer-daemon@localhost"
    try:
        soft, hard = (_listed(b" ".join(sorted(found)).decode("ascii", "replace")) for found in all_failures(tree))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return (), ()
    return soft, hard


def _listed(names: str) -> tuple[str, ...]:
    return tuple(found[1] for found in _PLACE.finditer(names[:2_000]))


def _top(mail: Mail) -> str:
    """Give what the server itself wrote: the first text, without the mail that it returns."""
    part = next((one for kind in ("text/plain", "text/html") for one in mail.of(kind) if one.body.strip()), None)
    if part is None:
        return ""
    text = decode(part.body[:60_000], part.charset)
    text = plain(text) if part.media_type == "text/html" else text
    lines = "\n".join(line.rstrip()[:MAX_LINE] for line in text.splitlines()[:400])
    copy = next((found for found in _COPY.finditer(lines) if found.start() > 0), None)
    return lines[: copy.start() if copy else None][:_TOP]


def _reason(top: str) -> str:
    """Choose the line that says why, else the one with a code, else the first that speaks of failing."""
    lines = [squeeze(line) for line in top.splitlines() if line.strip()]
    tests = (_UNKNOWN, _FULL, _CODE, _REFUSED, _REPLY, _FAILED)
    found = next((line for test in tests for line in lines if test.search(line)), "")
    return found if len(found) > 40 else squeeze(" ".join(lines[lines.index(found) : lines.index(found) + 2])) if found else ""


def _judged(addresses: tuple[str, ...], code: str, said: str) -> Failed:
    """Say whether it failed for good. Words win over codes, which many servers give at random: 5.7.1 for a user unknown, 5.1.1 for a full box."""
    inner = _CODE.search(said)
    if inner and (not code or code.endswith(".0.0")) and inner[1][0] in "45":
        code = inner[1]
    if not code and (number := _REPLY.search(said)):
        code = f"{number[1]}.0.0"
    hard = not code.startswith(("4", "2"))
    if hard and _FULL.search(said):
        hard, code = False, code or "5.2.2"
    elif hard and _UNKNOWN.search(said):
        code = "5.1.1" if code in ("", "5.0.0") else code
    elif hard and (_REFUSED.search(said) or code[2:].startswith(_PASSING)):
        hard = False
    return Failed(addresses=addresses, hard=hard, code=code, said=clip(squeeze(said), _SAID))


# ---------------------------------------------------------------- whose it was


def _tagged(mail: Mail, body: bytes) -> tuple[str, ...]:
    went_to = " ".join(value for name in ("delivered-to", "x-original-to", "envelope-to", "to") for value in mail.headers.get(name, ())[:5])
    found = (*_TAGGED.findall(went_to[:5_000].encode("ascii", "replace")), *_TAGGED.findall(body))
    return tuple(dict.fromkeys(one.decode() for one in found))[:MAX_FAILURES]


def _ids(mail: Mail, body: bytes) -> tuple[str, ...]:
    found = (one.decode("ascii", "replace") for one in _ID.findall(body))
    return tuple(one for one in dict.fromkeys(found) if one != mail.id)[:10]
