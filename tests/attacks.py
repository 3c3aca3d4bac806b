"""The attacks that the desk must hold, by sort: what a stranger, or somebody with less right than they want, sends; and what may come back.

What §so§ stands for is in `tests/stage.py`. Roles against the addresses of the desk are in `tests/test_rights.py`, and not here again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, product
from typing import Any

from pipeline.model import Role
from pipeline.web.security import FORM_LIMIT
from tests.attacks_desk import desk_attacks
from tests.stage import FORM_TOKEN, FORMULAS, HOME, Attack, Pairs, in_path

NO, GONE, WRONG, LARGE, NOT_OURS = frozenset({403}), frozenset({404, 410}), frozenset({400, 422}), frozenset({413}), frozenset({421})
NO_TOKEN, NO_METHOD = frozenset({401}), frozenset({405})
CUT = frozenset({0, 400})
"""The server itself does not take it for HTTP."""
API, READER = "/api/v1", "/reader/api/0"
MARK = "<zq"
INSIDE = (
    *(
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "127.0.1.3",
        "10.0.0.1",
    ),
    *("169.254.169.254", "0xa9fea9fe", "2852039166", "192.168.1.1", "172.16.0.1", "100.64.0.1", "168.63.129.16", "198.18.0.1", "224.0.0.1", "[::1]"),
    *(
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fc00::1]",
        "[2002:7f00:1::]",
    ),
    *("[::127.0.0.1]", "localhost", "LOCALHOST.", "a.localhost", "desk.local", "db.internal", "metadata.google.internal", "printer.lan", "intranet"),
    *(
        "１２７.０.０.１",
        "127。0。0。1",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "metadata.tencentyun.com",
        "255.255.255.255",
        "[ff02::1]",
        "example.org@127.0.0.1",
        "127.0.0.1#@example.org",
    ),
)
"""Hosts that are not on the public web, in every spelling."""
NO_WEB = (
    *("file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://example.org/x", "dict://localhost:11211/", "data:text/html,<zq>", "javascript:zq()"),
    *("jar:http://example.org!/", "//127.0.0.1/", "http:127.0.0.1", "http:///etc/passwd", "https://", "http://[::1", "http://example.org:22/"),
    *(
        "http://example.org:6379/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "\\\\server\\share",
        "netdoc:///etc/passwd",
        "ldap://localhost/",
    ),
    "http://exa mple.org/",
)
ELSEWHERE = (
    *(
        "https://zq.example/",
        "//zq.example",
        "/\\zq.example",
        "\\\\zq.example",
        "/%5Czq.example",
        "///zq.example",
        "////zq.example/desk",
        "http:zq.example",
    ),
    *(
        "https:/zq.example",
        "javascript:zq()",
        "data:text/html,zq",
        "/desk//zq.example",
        "/desk@zq.example",
        "/desk/..//zq.example",
        "/desk\r\nX-Zq: 1",
    ),
    *("/desk%0d%0aX-Zq:1", "\t//zq.example", " //zq.example", "/desk/\\zq.example", "https://digest.example.org.zq.example/desk", "/desk.zq.example"),
    *(
        "/desk?x=//zq.example",
        "/desk/queue?a=b#//zq.example",
        "/desk/queue\u2028",
        "//digest.example.org@zq.example/desk",
        "?to=//zq.example",
        "/\t/zq.example",
    ),
)
BROKEN_OUT = (
    "<zq>",
    '"><zq x="',
    "'><zq>",
    "</title><zq>",
    "</script><zq>",
    "</textarea><zq>",
    "--><zq>",
    '" onfocus=zq() autofocus x="',
)
"""What becomes markup where a page forgets to escape; the last stays within a tag."""
POSTED: tuple[tuple[str, Role, tuple[tuple[str, str], ...]], ...] = (
    ("/desk/items/§item§/decide", Role.CURATOR, (("verdict", "accept"),)),
    ("/desk/items/§item§/remark", Role.SCOUT, (("remark", "hello"),)),
    ("/desk/undo", Role.CURATOR, ()),
    ("/desk/views", Role.SCOUT, (("name", "zq"), ("query", "topic=learning"))),
    ("/desk/accounts", Role.OPERATOR, (("name", "Zq Zq"), ("role", "operator"))),
    ("/desk/accounts/§victim§/role", Role.OPERATOR, (("role", "reader"),)),
    ("/desk/account/token", Role.EDITOR, (("label", "zq"), ("scope", "read"))),
    ("/desk/sources/north-blog/pause", Role.OPERATOR, ()),
    ("/desk/subscribers/§ann§/leave", Role.OPERATOR, ()),
)
"""Forms of the desk that would do something, with who may send them."""


def all_attacks() -> list[Attack]:
    """Give them all, in an order that stays."""
    return list(
        chain(
            suggesting_inside(),
            redirects(),
            forged_forms(),
            reflected(),
            formulas(),
            headers_within(),
            traversals(),
            others(),
            links_of_others(),
            without_scope(),
            bodies(),
            doors(),
            sign_ins(),
            desk_attacks(),
        )
    )


def suggesting_inside() -> Iterator[Attack]:
    """SSRF: by the form of readers, by the form that adds a source, by the API."""
    for url in (*(f"http://{host}/x" for host in INSIDE), *NO_WEB):
        form: Pairs = (("url", url), ("note", "zq"))
        yield Attack(sort="ssrf", name=f"suggested {url}", path="/suggest", method="POST", form=form, status=WRONG)
    for url in (*(f"http://{host}:§inner§/x" for host in INSIDE[::6] if host.isascii()), *NO_WEB[:8]):
        form = (("url", url),)
        yield Attack(sort="ssrf", name=f"source {url}", path="/desk/sources", method="POST", who=Role.OPERATOR, form=form, status=WRONG)
    for url in (*(f"https://{host}/x" for host in INSIDE[:12]), *NO_WEB[:6]):
        yield _program("ssrf", f"api {url}", f"{API}/items", body={"url": url}, bearer="scout.suggest", status=WRONG)


def redirects() -> Iterator[Attack]:
    """Open redirects: where a form says where to go on, and where an address has a slash too many."""
    for to in ELSEWHERE:
        form: Pairs = (("opinion", "keep"), ("here", to))
        yield Attack(
            sort="redirect",
            name=f"opinion, here {to!r}",
            path="/desk/items/§item§/opinion",
            method="POST",
            who=Role.SCOUT,
            form=form,
            status=frozenset({303}),
            writes=True,
        )
        yield Attack(
            sort="redirect",
            name=f"login, to {to!r}",
            path=f"/desk/login?to={in_path(to)}",
            status=frozenset({200}),
            never=('value="//', 'value="http'),
        )
    for path in (
        "//zq.example",
        "//zq.example/",
        "//zq.example/%2e%2e",
        "///zq.example//",
        "/\\zq.example/",
        "/%5Czq.example/",
        "/%2F%2Fzq.example/",
        "//zq.example%2f..",
    ):
        yield Attack(sort="redirect", name=f"address {path}", path=path, status=GONE)
    for path in ("/desk//zq.example/", "/desk/queue//", "/desk/%2F%2Fzq.example"):
        yield Attack(sort="redirect", name=f"address {path}", path=path, status=frozenset({303, 307, 404}))


def forged_forms() -> Iterator[Attack]:
    """CSRF: a form that another site sends in the browser of somebody who is signed in."""
    forgeries: dict[str, dict[str, Any]] = {
        "no token": {"token": None},
        "an empty token": {"token": ""},
        "another's token": {"token": "B" * 32},
        "a longer token": {"token": FORM_TOKEN + "A"},
        "from another site": {"headers": (("Sec-Fetch-Site", "cross-site"),)},
        "from a site beside us": {"headers": (("Sec-Fetch-Site", "same-site"),)},
        "from no site": {"headers": (("Sec-Fetch-Site", "none"),)},
        "of origin null": {"headers": (("Origin", "null"),)},
        "of another origin": {"headers": (("Origin", "https://zq.example"),)},
        "of our name on another port": {"headers": (("Origin", "http://127.0.0.1:1"),)},
        "without origin": {"headers": (("Origin", ""),)},
        "of two sites": {"headers": (("Sec-Fetch-Site", "same-origin, cross-site"),)},
    }
    for (path, who, form), (name, changes) in product(POSTED, forgeries.items()):
        yield Attack(**{"sort": "csrf", "name": f"{path}, {name}", "path": path, "method": "POST", "who": who, "form": form, "status": NO, **changes})
    for path, site in product(
        (
            "/suggest",
            "/subscribe",
            "/preferences/§ann.preferences§",
            "/unsubscribe/§ann.unsubscribe§",
            "/useful/§ann.useful§",
            "/survey/§ticket§",
            "/invitation/§invitation.link§",
        ),
        ("cross-site", "same-site"),
    ):
        form = (("url", "https://zq.example/a"), ("email", "zq@zq.example"), ("voice", "useful"), ("do", "erase"))
        yield Attack(sort="csrf", name=f"{path}, {site}", path=path, method="POST", form=form, headers=(("Sec-Fetch-Site", site),), status=NO)
    yield Attack(
        sort="csrf",
        name="JSON instead of a form",
        path="/desk/undo",
        method="POST",
        who=Role.CURATOR,
        body=b"{}",
        headers=(("Content-Type", "application/json"),),
        status=frozenset({415}),
    )
    yield Attack(
        sort="csrf",
        name="plain text that reads as a form",
        path="/desk/undo",
        method="POST",
        who=Role.CURATOR,
        body=f"token={FORM_TOKEN}".encode(),
        headers=(("Content-Type", "text/plain"),),
        status=frozenset({415}),
    )
    yield Attack(
        sort="csrf",
        name="the token in the address",
        path=f"/desk/undo?token={FORM_TOKEN}",
        method="POST",
        who=Role.CURATOR,
        form=(),
        token=None,
        status=NO,
    )
    yield Attack(sort="csrf", name="a form by GET", path="/desk/undo?before=9", who=Role.CURATOR, status=NO_METHOD)


def reflected() -> Iterator[Attack]:
    """XSS: what stands in an address comes back on a page, or in an error."""
    desk: tuple[str, ...] = (
        "/desk/queue?q=",
        "/desk/queue?topic=",
        "/desk/queue?item=",
        "/desk/queue?did=",
        "/desk/log?q=",
        "/desk/log?by=",
        "/desk/sources?q=",
        "/desk/subscribers?q=",
    )
    desk += (
        "/desk/people/",
        "/desk/views?q=",
        "/desk/sources/",
        "/desk/editions/",
        "/desk/collections?x=",
        "/desk/surveys/",
        "/desk/since/",
        "/desk/leave?minutes=",
    )
    public: tuple[str, ...] = (
        "/search?q=",
        "/suggest?url=",
        "/suggest?text=",
        "/suggest?title=",
        "/editions/",
        "/topics/",
        "/people/",
        "/collections/",
        "/feeds/",
        "/suggest/",
        "/",
    )
    public += ("/preferences/", "/survey/", "/invitation/", "/impact/", "/items/", "/desk/login?to=", "/editions/2026-11/")
    for start, said in product(desk, BROKEN_OUT[1:2]):
        yield Attack(sort="xss", name=f"{start}{said}", path=start + in_path(said), who=Role.OPERATOR, never=(MARK,))
    for start, said in product(public, BROKEN_OUT[::2]):
        yield Attack(sort="xss", name=f"{start}{said}", path=start + in_path(said), never=(MARK, '" onfocus=zq()'))
    for field in ("email", "topics", "language", "timezone", "frequency"):
        form: Pairs = (("email", "zq"), (field, BROKEN_OUT[1]))
        yield Attack(sort="xss", name=f"subscribe, {field}", path="/subscribe", method="POST", form=form, status=WRONG, never=(MARK,))
    for field in ("url", "note", "name", "email"):
        form = (("url", "zq"), (field, BROKEN_OUT[1]))
        yield Attack(sort="xss", name=f"suggest, {field}", path="/suggest", method="POST", form=form, status=WRONG, never=(MARK,))
    for path in ("/desk/items/§item§/decide", "/desk/items/§item§/opinion", "/desk/items/§item§/assign", "/desk/items/§item§/edit"):
        form = tuple((name, BROKEN_OUT[1]) for name in ("verdict", "opinion", "assignee", "start_day", "kind", "audience"))
        yield Attack(sort="xss", name=f"refusal of {path}", path=path, method="POST", who=Role.CURATOR, form=form, status=WRONG, never=(MARK,))
    form = (("name", BROKEN_OUT[1]), ("password", "no"), ("to", BROKEN_OUT[1]))
    yield Attack(sort="xss", name="login, name", path="/desk/login", method="POST", who=Role.READER, form=form, status=NO, never=(MARK,))


def formulas() -> Iterator[Attack]:
    """Formulas in the tables that the desk exports: what titles, notes and names bring is looked for by the test, cell by cell."""
    for path, formula in product(("/desk/log.csv", "/desk/subscribers.csv"), FORMULAS):
        yield Attack(sort="csv", name=f"{path}, {formula!r}", path=path, who=Role.OPERATOR, status=frozenset({200}))


def headers_within() -> Iterator[Attack]:
    """Header injection: line ends in whatever comes back in a header, a cookie or a mail."""
    for ends in ("\r\n", "\n", "\r", "%0d%0a", "\u560d\u560a", "\x00", "\x85", "\u2028"):
        said = f"a{ends}X-Zq: 1{ends}Set-Cookie: zq=1"
        for start in ("/", "/desk/login?to=", "/editions/2026-11/", "/feeds/", "/desk/", "/static/"):
            yield Attack(sort="header", name=f"{start}{said!r}", path=start + in_path(said), status=frozenset({200, 303, 404}))
        form: Pairs = (("email", f"zq@zq.example{ends}Bcc: all@zq.example"),)
        if ends != "%0d%0a":
            yield Attack(sort="header", name=f"subscribe {ends!r}", path="/subscribe", method="POST", form=form, status=WRONG)
        form = (("url", "https://west.example/b"), ("email", f"zq@zq.example{ends}Bcc: all@zq.example"))
        if ends != "%0d%0a":
            yield Attack(sort="header", name=f"suggest {ends!r}", path="/suggest", method="POST", form=form, status=WRONG)
    for name, value in (
        ("Cookie", "gleanings_token=a\rSet-Cookie: zq=1"),
        ("Origin", "http://a\rX-Zq: 1"),
        ("User-Agent", "a\nX-Zq: 1"),
        ("Accept", "a\x00b"),
    ):
        yield Attack(sort="header", name=f"bare line end in {name}", path="/desk/login", headers=((name, value),), status=CUT | {200})
    cookie = (("gleanings_token", '"a\\015\\012Set-Cookie: zq=1"'),)
    yield Attack(sort="header", name="line ends in octal in a cookie", path="/desk/login", cookies=cookie, status=frozenset({200}))


def traversals() -> Iterator[Attack]:
    """Path traversal, at every address that leads to a file."""
    up = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "....//", "..;/", ".%00./", "%c0%ae%c0%ae/", "/")
    for start, way in product(("/static/", "/editions/2026-11/", "/editions/", "/feeds/", "/collections/useful/"), up):
        path = f"{start}{way * 4}secret.txt"
        yield Attack(sort="path", name=path, path=path, status=frozenset({307, 400, 404}), never=("The secret of this machine",))
    for path in (
        "/editions/2026-11/digest.html%00.png",
        "/editions/2026-11/.manifest.json",
        "/editions/2026-10/digest.html",
        "/static/%2e%2e/site.py",
    ):
        yield Attack(sort="path", name=path, path=path, status=GONE, never=("For members only", "def page("))
    for path in (
        "/static/..%2f..%2fsite.py",
        "/static//etc/passwd",
        "/static/fonts",
        "/static/",
        "/sources.yaml",
        "/curated.db",
        "/editions/2026-11/sources.yaml",
    ):
        yield Attack(
            sort="path", name=path, path=path, status=frozenset({403, 404, 405}), never=("root:", "def page(", "SQLite", "north.example/feed")
        )
    for way in up[:6]:
        path = f"/desk/editions/2026-12/preview/{way * 3}secret.txt"
        yield Attack(sort="path", name=path, path=path, who=Role.OPERATOR, status=GONE, never=("The secret of this machine",))
        path = f"{API}/editions/2026-11/files/{way * 3}secret.txt"
        yield Attack(sort="path", name=path, path=path, bearer="reader.read", status=frozenset({400, 404}), never=("The secret of this machine",))


def others() -> Iterator[Attack]:
    """Numbers and links of others."""
    mine = Role.OPERATOR  # who may most still may not do what only the person may
    for act, form in (("change", (("name", "zq"),)), ("drop", ()), ("up", ()), ("down", ())):
        yield Attack(sort="others", name=f"view, {act}", path=f"/desk/views/§victim.view§/{act}", method="POST", who=mine, form=form, status=GONE)
    form = (("take-back", "§victim.remark§"),)
    yield Attack(sort="others", name="remark", path="/desk/items/§item§/remark", method="POST", who=mine, form=form, status=frozenset({409}))
    yield Attack(
        sort="others",
        name="act in the log",
        path="/desk/log/§victim.act§/undo",
        method="POST",
        who=Role.CURATOR,
        form=(),
        status=frozenset({403, 404, 409}),
    )
    yield Attack(sort="others", name="token", path="/desk/account/revoke", method="POST", who=mine, form=(("number", "§victim.token§"),), status=GONE)
    form = (("browser", "§victim.browser§"),)
    yield Attack(sort="others", name="browser", path="/desk/account/sign-out", method="POST", who=Role.EDITOR, form=form, status=frozenset({303}))
    for number in ("0", "-1", "99999999999999999999", "9223372036854775807", "9223372036854775808", "1e3", "0x1", "１", "1%00", "1'--"):
        yield Attack(sort="others", name=f"item {number}", path=f"/desk/items/{in_path(number)}", who=Role.SCOUT, status=GONE)
        yield Attack(sort="others", name=f"subscriber {number}", path=f"/desk/subscribers/{in_path(number)}", who=mine, status=GONE)
        yield _program(
            "others", f"api item {number}", f"{API}/items/{in_path(number)}", bearer="scout.read", status=frozenset({404, 422}), method="GET"
        )


def links_of_others() -> Iterator[Attack]:
    """Signed links for another purpose, altered, over or used; and what is not public."""
    for link, path in product(
        ("confirm", "preferences", "unsubscribe", "useful"),
        ("confirm", "preferences", "unsubscribe", "useful", "used", "survey", "invitation", "suggest"),
    ):
        if link != path:
            said = f"a {link} link at /{path}"
            yield Attack(sort="others", name=said, path=f"/{path}/§ann.{link}§", status=GONE | frozenset({403}), never=("ann@example.org",))
            form: Pairs = (
                ("do", "erase"),
                ("voice", "useful"),
                ("used", "yes"),
                ("password", "four words that differ"),
                ("again", "four words that differ"),
            )
            if path != "suggest":
                yield Attack(sort="others", name=f"{said}, posted", path=f"/{path}/§ann.{link}§", method="POST", form=form, status=GONE)
    for bad in (
        "§ann.preferences§x",
        "x§ann.preferences§",
        "§ann§.0.",
        "..",
        ".",
        "MjEuMC4.",
        "MjEuMC4",
        "§bob.preferences§§ann.preferences§",
        "A" * 400,
    ):
        for path in ("preferences", "unsubscribe"):
            yield Attack(sort="others", name=f"/{path}/{bad[:40]}", path=f"/{path}/{bad}", method="POST", form=(("do", "erase"),), status=GONE)
    for link in ("late.link", "used.link"):
        form = (("password", "other words that differ"), ("again", "other words that differ"))
        yield Attack(sort="others", name=f"invitation, {link}", path=f"/invitation/§{link}§", method="POST", form=form, status=GONE)
    for path in ("/items/§item§", "/editions/2026-12", "/editions/2026-10", "/items/999", "/editions/2026-12/digest.html", "/feeds/topics/x.xml"):
        yield Attack(
            sort="others", name=f"not public: {path}", path=path, status=GONE, never=("A draft that nobody", "For members only", "Unpublished words")
        )
    yield Attack(sort="others", name="search for what is not public", path="/search?q=Unpublished", never=("Unpublished words",))


READS = ("me", "status", "topics", "sources", "decisions", "submissions", "items", "search?q=a", "editions", "collections")
ACTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("items", {"url": "https://west.example/zq"}, "suggest"),
    ("items/§item§/decision", {"verdict": "accept"}, "decide"),
    ("items/§item§/fold", {"into": 2}, "decide"),
    ("undo", {}, "decide"),
    ("sources/north-blog/pause", {}, "edit"),
    ("sources/north-blog/resume", {}, "edit"),
)


def without_scope() -> Iterator[Attack]:
    """Programs: without a token, with one that is no good, with one that may less; and with a browser's cookie."""
    feeds = ("token", "user-info", "subscription/list", "tag/list", "unread-count", "stream/items/ids", "stream/contents")
    paths = [*(f"{API}/{name}" for name in READS), *(f"{READER}/{name}" for name in feeds), "/metrics"]
    for path in paths:
        yield _program("scope", f"{path} without a token", path, bearer="", status=NO_TOKEN, method="GET")
        yield _program("scope", f"{path} with the token of somebody who is gone", path, bearer="gone.bearer", status=NO_TOKEN, method="GET")
    for path in paths[:3]:
        for name, value in (
            ("Basic", "Basic YTpi"),
            ("two", "Bearer a, Bearer b"),
            ("long", "Bearer " + "a" * 5_000),
            ("hash", "Bearer §operator.browser§"),
        ):
            headers = (("Authorization", value),)
            yield Attack(sort="scope", name=f"{path}, {name}", path=path, headers=headers, status=NO_TOKEN)
        yield Attack(sort="scope", name=f"{path} with a cookie", path=path, who=Role.OPERATOR, status=NO_TOKEN)
        yield Attack(
            sort="scope", name=f"{path}, the token in the address", path=f"{path}?access_token=§operator.all§&Auth=§operator.all§", status=NO_TOKEN
        )
    for path, body, scope in ACTS:
        for other in {"read", "suggest", "decide", "edit"} - {scope}:
            yield _program("scope", f"{path} with {other} alone", f"{API}/{path}", body=body, bearer=f"operator.{other}", status=NO)
        yield _program("scope", f"{path} by a reader", f"{API}/{path}", body=body, bearer="reader.all", status=NO)
    for path in (f"{API}/items", f"{API}/decisions", f"{API}/submissions", f"{API}/sources", f"{READER}/stream/items/ids", f"{READER}/unread-count"):
        yield _program("scope", f"{path} by a reader", path, bearer="reader.all", status=NO, method="GET")
    for tag in ("user/-/state/com.google/starred", "user/-/label/learning"):
        form: Pairs = (("i", "§item§"), ("a", tag))
        headers = (("Authorization", "Bearer §curator.read§"),)
        yield Attack(sort="scope", name=f"a {tag} without decide", path=f"{READER}/edit-tag", method="POST", form=form, headers=headers, status=NO)
    form = (("Email", "The operator"), ("Passwd", "four words that differ"))
    yield Attack(sort="scope", name="a password at ClientLogin", path="/accounts/ClientLogin", method="POST", form=form, status=NO_TOKEN)


def bodies() -> Iterator[Attack]:
    """Bodies that are too large, too deep, or no text."""
    text = (("Content-Type", "application/x-www-form-urlencoded"),)
    public: dict[str, Any] = {"method": "POST", "headers": text}
    for path in ("/suggest", "/subscribe", "/survey/§ticket§", "/useful/§ann.useful§"):
        yield Attack(sort="body", name=f"{path}, too large", path=path, body=b"a=" + b"x" * FORM_LIMIT, status=LARGE | {0}, **public)
        yield Attack(sort="body", name=f"{path}, too many fields", path=path, body=b"a=1&" * 300, status=WRONG, **public)
        yield Attack(sort="body", name=f"{path}, no UTF-8", path=path, body=b"url=\xff\xfe&\xc0\xaf=1", status=WRONG, **public)
        yield Attack(
            sort="body",
            name=f"{path}, multipart",
            path=path,
            method="POST",
            body=b"--a\r\n",
            headers=(("Content-Type", "multipart/form-data; boundary=a"),),
            status=frozenset({415}),
        )
        chunks = f"POST {path} HTTP/1.1\r\nHost: §address§\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield Attack(
            sort="body",
            name=f"{path}, without end",
            path=path,
            method="POST",
            raw=chunks + ("2000\r\n" + "a" * 0x2000 + "\r\n") * 20,
            status=LARGE | {0},
        )
    for name, body in (
        ("deep", b"[" * 100_000),
        ("deep object", b'{"url":' * 50_000),
        ("twice", b'{"url": "https://a.example/", "url": "https://b.example/"}'),
        ("NaN", b'{"url": NaN}'),
        ("huge number", b'{"url": ' + b"9" * 10_000 + b"}"),
        ("no object", b"[]"),
        ("null", b"null"),
        ("UTF-16", '{"url": "https://a.example/"}'.encode("utf-16")),
        ("NUL", b'{"url": "https://a.example/\\u0000"}'),
        ("surrogate", b'{"url": "\\ud800"}'),
        ("unknown field", b'{"url": "https://a.example/", "role": "operator"}'),
        ("number for words", b'{"url": 1}'),
        ("list for words", b'{"url": ["https://a.example/"]}'),
    ):
        yield _program("body", f"API, {name}", f"{API}/items", raw=body, bearer="scout.suggest", status=WRONG)
    yield _program("body", "API, too large", f"{API}/items", raw=b'"' + b"x" * 1_000_001, bearer="scout.suggest", status=LARGE | {0})
    headers = (("Content-Type", "application/json; charset=utf-7"), ("Authorization", "Bearer §scout.suggest§"))
    yield Attack(sort="body", name="API, UTF-7", path=f"{API}/items", method="POST", body=b"{}", headers=headers, status=frozenset({415}))
    for said in ("\x00", "\ud800", "\U000e0001", "a" * 5_000, "\u202e", "%00"):
        form: Pairs = (("url", f"http://exa{said}mple.example:1/"), ("note", said))
        yield Attack(sort="body", name=f"suggest {said[:3]!r}", path="/suggest", method="POST", form=form, status=WRONG)
        form = (("remark", ""), ("name", said), ("opinion", said), ("verdict", said))
        yield Attack(
            sort="body", name=f"verdict {said[:3]!r}", path="/desk/items/§item§/decide", method="POST", who=Role.CURATOR, form=form, status=WRONG
        )
    for path in ("/" + "a" * 3_000, "/search?q=" + "a" * 30_000, "/search?" + "&".join(f"q={n}" for n in range(2_000)), "/desk/items/" + "9" * 1_900):
        yield Attack(sort="body", name=f"address {path[:20]}…", path=path, status=frozenset({200, 303, 400, 404, 414}))


def doors() -> Iterator[Attack]:
    """HTTP itself: other methods, methods in disguise, other names for this machine, requests within requests."""
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "ZQ"):
        path = "zq.example:443" if method == "CONNECT" else "/desk/items/§item§/decide"
        yield Attack(sort="http", name=method, path=path, method=method, who=Role.OPERATOR, status=NO_METHOD | CUT)
        yield _program("http", f"API, {method}", f"{API}/sources/north-blog/pause", bearer="operator.edit", status=NO_METHOD, method=method)
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        path, headers = "/desk/items/§item§/decide", ((header, "POST"),)
        yield Attack(sort="http", name=f"GET with {header}", path=f"{path}?verdict=accept", who=Role.OPERATOR, headers=headers, status=NO_METHOD)
        form: Pairs = (("_method", "DELETE"), ("verdict", "zq"))
        yield Attack(
            sort="http",
            name=f"POST with {header}",
            path=path,
            method="POST",
            who=Role.OPERATOR,
            form=form,
            headers=((header, "DELETE"),),
            status=WRONG | NO,
        )
    for header, value in (
        ("X-Original-URL", "/desk/accounts"),
        ("X-Rewrite-URL", "/desk/accounts"),
        ("X-Forwarded-Host", "zq.example"),
        ("X-Forwarded-Prefix", "//zq.example"),
    ):
        yield Attack(sort="http", name=header, path="/nowhere/", headers=((header, value),), status=GONE, never=("Vera", "zq.example"))
    for host in (
        "zq.example",
        "zq.example:80",
        "127.0.0.1.zq.example",
        f"{HOME}.zq.example",
        f"zq.example#{HOME}",
        f"zq.example/{HOME}",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "",
        "[",
        f"{HOME}@zq.example",
        f"zq.example@{HOME}",
        "zq.example\\@127.0.0.1",
        f"zq.example?@{HOME}",
        f"{HOME}\tzq.example",
        "metadata.google.internal",
    ):
        for path in ("/", "/desk/login"):
            yield Attack(sort="host", name=f"{host!r} at {path}", path=path, headers=(("Host", host),), status=NOT_OURS | CUT)
    both = "POST /suggest HTTP/1.1\r\nHost: §address§\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /zq HTTP/1.1\r\n\r\n"
    for name, raw in (
        ("length and chunks", both),
        ("two lengths", both.replace("Transfer-Encoding: chunked", "Content-Length: 6")),
        ("two hosts", "GET / HTTP/1.1\r\nHost: §address§\r\nHost: zq.example\r\nConnection: close\r\n\r\n"),
        ("a host in the line", "GET http://zq.example/ HTTP/1.1\r\nHost: zq.example\r\nConnection: close\r\n\r\n"),
        ("a folded header", "GET / HTTP/1.1\r\nHost: §address§\r\nX-A: b\r\n zq: c\r\nConnection: close\r\n\r\n"),
        ("a space before the colon", "GET / HTTP/1.1\r\nHost : §address§\r\nConnection: close\r\n\r\n"),
        ("a negative length", "POST /suggest HTTP/1.1\r\nHost: §address§\r\nContent-Length: -1\r\n\r\n"),
        ("no host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
        ("garbage", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\r\n\r\n"),
        ("headers without end", "GET / HTTP/1.1\r\nHost: §address§\r\n" + "X-A: " + "a" * 200_000 + "\r\n\r\n"),
    ):
        status = CUT | NOT_OURS | frozenset({411, 415, 431, *({200} if name == "a folded header" else set())})
        yield Attack(sort="http", name=name, raw=raw, status=status)
    for path in (
        "/desk;/accounts",
        "/desk/accounts;x=1",
        "/desk/./accounts",
        "/desk/x/../accounts",
        "//desk/accounts",
        "/DESK/accounts",
        "/desk%2faccounts",
        "/desk/accounts%20",
        "/%64esk/accounts",
        "/desk/accounts/",
        "/desk/accounts?",
        "/static/../desk/accounts",
    ):
        yield Attack(sort="http", name=f"around the gate: {path}", path=path, status=frozenset({303, 307, 404}), never=("Vera Victim",))


def sign_ins() -> Iterator[Attack]:
    """Cookies and headers that would be somebody."""
    for name, value in (
        ("gleanings_session", ""),
        ("gleanings_session", "x"),
        ("gleanings_session", "§operator.browser§"),
        ("gleanings_session", "§operator.all§"),
        ("gleanings_session", "' OR 1=1 --"),
        ("gleanings_session", "a" * 4_000),
        ("gleanings_session", "%00"),
        ("__Host-gleanings_session", "§operator.secret§"),
        ("__Secure-gleanings_session", "§operator.secret§"),
        ("GLEANINGS_SESSION", "§operator.secret§"),
        ("session", "§operator.secret§"),
    ):
        cookies = ((name, value),)
        yield Attack(sort="session", name=f"{name}={value[:24]}", path="/desk/accounts", cookies=cookies, status=frozenset({303}), never=("Vera",))
    plain = (("gleanings_session", "§operator.secret§"),)
    yield Attack(
        sort="session",
        name="a cookie of plain http at the public name",
        path="/desk/accounts",
        host=HOME,
        cookies=plain,
        status=frozenset({303}),
        never=("Vera",),
    )
    for header in ("X-Forwarded-User", "Remote-User", "X-Remote-User", "X-Auth-Request-User", "Authorization"):
        value = "Basic VGhlIG9wZXJhdG9yOmZvdXIgd29yZHMgdGhhdCBkaWZmZXI=" if header == "Authorization" else "The operator"
        yield Attack(sort="session", name=header, path="/desk/accounts", headers=((header, value),), status=frozenset({303}), never=("Vera",))
    for header, value in (("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Client-IP", "::1")):
        yield Attack(
            sort="session",
            name=f"{header}: this machine",
            path="/desk/accounts",
            headers=((header, value),),
            status=frozenset({303}),
            never=("Vera",),
        )
    for name, password in (
        ("Gone Gwen", "four words that differ"),
        ("The operator", ""),
        ("", ""),
        ("' OR '1'='1", "x"),
        ("The operator\x00", "four words that differ"),
    ):
        form: Pairs = (("name", name), ("password", password))
        yield Attack(sort="session", name=f"sign in as {name!r}", path="/desk/login", method="POST", who=Role.READER, form=form, status=NO)


def _program(
    sort: str,
    name: str,
    path: str,
    *,
    status: frozenset[int],
    bearer: str,
    method: str = "POST",
    body: dict[str, Any] | None = None,
    raw: bytes | None = None,
) -> Attack:
    """A request of a program; a JSON body where there is one."""
    sent = raw if raw is not None else json.dumps(body).encode() if body else None
    headers = (("Content-Type", "application/json"),) if sent is not None else ()
    return Attack(sort=sort, name=name, path=path, method=method, bearer=bearer, body=sent, headers=headers, status=status, never=("Traceback",))
