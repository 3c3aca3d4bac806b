"""More attacks that the desk must hold, in the same table: the edition builder's forms, releasing and correcting, what is imported and exported."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.model import Role
from tests.stage import Attack, Pairs, in_path

NO, GONE, WRONG = frozenset({403}), frozenset({404, 410}), frozenset({400, 422})
DRAFT, RELEASED, IMPORT = "/desk/editions/2026-12", "/desk/editions/2026-11", "/desk/subscribers/import"
SCRIPT = '"><zq x="'
FORMS: tuple[tuple[str, Role, Pairs], ...] = (
    (f"{DRAFT}/arrange/place", Role.SECTION_EDITOR, (("item", "§item§"), ("section", "evidence"), ("at", "0"))),
    (f"{DRAFT}/arrange/lead", Role.SECTION_EDITOR, (("item", "§item§"),)),
    (f"{DRAFT}/arrange/leave", Role.SECTION_EDITOR, (("item", "§item§"),)),
    (f"{DRAFT}/arrange/back", Role.SECTION_EDITOR, (("item", "§item§"),)),
    (f"{DRAFT}/arrange/cap", Role.SECTION_EDITOR, (("section", "evidence"), ("most", "3"))),
    (f"{DRAFT}/arrange/undo", Role.SECTION_EDITOR, ()),
    (f"{DRAFT}/arrange/pick", Role.EDITOR, (("item", "§item§"),)),
    (f"{DRAFT}/arrange/unpick", Role.EDITOR, (("item", "§item§"),)),
    (f"{DRAFT}/arrange/shift", Role.EDITOR, (("section", "evidence"), ("by", "1"))),
    (f"{DRAFT}/arrange/letter", Role.EDITOR, (("letter", "Dear readers"), ("stood", "x"))),
    (f"{DRAFT}/arrange/preview", Role.EDITOR, (("letter", "Dear readers"),)),
    ("/desk/editions/2027-01/begin", Role.EDITOR, ()),
    (f"{DRAFT}/freeze", Role.EDITOR, ()),
    (f"{DRAFT}/thaw", Role.EDITOR, ()),
    (f"{DRAFT}/release", Role.EDITOR, (("seen", "0"), ("sure", "yes"))),
    (f"{RELEASED}/correct", Role.EDITOR, (("severity", "minor"), ("note", "A number was wrong."))),
    (f"{RELEASED}/mails/0/1/again", Role.OPERATOR, ()),
    (IMPORT, Role.OPERATOR, (("list", "email\nzq@zq.example"), ("sure", "yes"))),
    ("/desk/subscribers", Role.OPERATOR, (("email", "zq@zq.example"),)),
    ("/desk/accounts/§victim§/end-token", Role.OPERATOR, (("number", "§victim.token§"),)),
    ("/desk/accounts/§victim§/end-browser", Role.OPERATOR, (("browser", "§victim.browser§"),)),
)
"""Forms that would do something, with the least role that may send them."""
EXPORTS = (
    ("/desk/log.csv", Role.SCOUT),
    ("/desk/subscribers.csv", Role.OPERATOR),
    ("/desk/subscribers/§ann§/export.json", Role.OPERATOR),
    ("/desk/surveys/2026-11-01/results.csv", Role.EDITOR),
    ("/desk/surveys/2026-11-01/results.json", Role.EDITOR),
    (f"{DRAFT}/preview/digest.html", Role.READER),
    (f"{DRAFT}/preview/digest.csv", Role.READER),
)
NUMBERS = ("", "-", "x", "1e3", "１", "0x1", "9" * 13, "1\x00", " 1", "1;2")


def desk_attacks() -> Iterator[Attack]:
    """Give them all, in an order that stays."""
    yield from role_by_role()
    yield from forged()
    yield from sections_of_others()
    yield from broken_steps()
    yield from letters()
    yield from corrections()
    yield from imports()


def role_by_role() -> Iterator[Attack]:
    """Each form sent by each role that may not."""
    for path, least, form in FORMS:
        for who in Role:
            if not who.may(least):
                yield Attack(sort="role", name=f"{path} by a {who}", path=path, method="POST", who=who, form=form, status=NO)
    for path, least in EXPORTS:
        for who in Role:
            if not who.may(least):
                never = ("ann@example.org", "Unpublished words", "Vera Victim")
                yield Attack(sort="role", name=f"{path} for a {who}", path=path, who=who, status=NO, never=never)
        yield Attack(sort="role", name=f"{path} for nobody", path=path, status=frozenset({303}), never=("ann@example.org", "Unpublished words"))


def forged() -> Iterator[Attack]:
    """Each form sent by another site in the browser of somebody who may."""
    for path, who, form in FORMS:
        yield Attack(sort="csrf", name=f"{path}, another's token", path=path, method="POST", who=who, form=form, token="B" * 32, status=NO)
        headers = (("Sec-Fetch-Site", "cross-site"),)
        yield Attack(sort="csrf", name=f"{path}, from another site", path=path, method="POST", who=who, form=form, headers=headers, status=NO)
        headers = (("Origin", "https://zq.example"),)
        yield Attack(sort="csrf", name=f"{path}, of another origin", path=path, method="POST", who=who, form=form, headers=headers, status=NO)


def sections_of_others() -> Iterator[Attack]:
    """A section editor to whom no section was given."""
    for act, form in (
        ("place", (("item", "§kept§"), ("section", "evidence"))),
        ("lead", (("item", "§kept§"),)),
        ("leave", (("item", "§kept§"),)),
        ("cap", (("section", "evidence"), ("most", "1"))),
        ("pick", (("item", "§kept§"),)),
        ("shift", (("section", "evidence"), ("by", "-1"))),
    ):
        path = f"{DRAFT}/arrange/{act}"
        yield Attack(
            sort="others",
            name=f"{act} in a section of another",
            path=path,
            method="POST",
            who=Role.SECTION_EDITOR,
            form=form,
            status=NO | GONE | {422},
        )


def broken_steps() -> Iterator[Attack]:
    """Numbers that are none, names that nobody has, steps that there are not."""
    editor = Role.EDITOR
    for said in NUMBERS:
        for act, field in (("place", "item"), ("lead", "item"), ("cap", "most"), ("shift", "by"), ("back", "item")):
            form: Pairs = (("item", "§kept§"), ("section", "evidence"), (field, said))
            if not (act == "cap" and not said.strip()):
                name = f"{act}, {field} {said[:14]!r}"
                status = WRONG | GONE if said.strip() != "1" else WRONG | GONE | {409}
                yield Attack(sort="body", name=name, path=f"{DRAFT}/arrange/{act}", method="POST", who=editor, form=form, status=status)
    for act in ("drop", "..%2f..", "PLACE", "place%00", "", "<zq>"):
        path = f"{DRAFT}/arrange/{in_path(act)}"
        yield Attack(sort="body", name=f"step {act!r}", path=path, method="POST", who=editor, form=(), status=GONE | {307, 405}, never=("<zq",))
    for edition in ("..", "../2026-12", "2026-12/..", "0000-00", "2026-13", "2026-12'--", "<zq>", "a" * 300, "2026-12\x00"):
        for page in ("arrange/place", "freeze", "release", "correct", "begin"):
            path = f"/desk/editions/{in_path(edition)}/{page}"
            form = (("item", "§kept§"), ("section", "evidence"), ("severity", "minor"), ("note", "x"))
            status = GONE | WRONG | {405, 409}
            name = f"edition {edition[:20]!r}, {page}"
            yield Attack(sort="path", name=name, path=path, method="POST", who=editor, form=form, status=status, never=("<zq",))


def letters() -> Iterator[Attack]:
    """Markup in the letter: the preview shows what readers would see."""
    for said in (
        "<zq>",
        "<script>zq()</script>",
        "<img src=x onerror=zq()>",
        "[x](javascript:zq())",
        "[x](data:text/html,zq)",
        "![x](https://zq.example/x.png)",
        "<svg/onload=zq()>",
        "<!--><zq>-->",
        "[x](https://a.example/ \"' onfocus=zq() x='\")",
        '<https://a.example/"onfocus=zq()>',
        "&lt;zq&gt;<zq",
        "`<zq>`\n\n    <zq>",
    ):
        never = ("<zq", "<script", "<svg", "onerror=zq()>", 'href="javascript', 'href="data:', "<img")
        form: Pairs = (("letter", said),)
        path = f"{DRAFT}/arrange/preview"
        yield Attack(sort="xss", name=f"letter {said!r}", path=path, method="POST", who=Role.EDITOR, form=form, status=frozenset({200}), never=never)
    form = (("letter", "x" * 50_000),)
    yield Attack(
        sort="body", name="a letter that is too long", path=f"{DRAFT}/arrange/letter", method="POST", who=Role.EDITOR, form=form, status=WRONG
    )


def corrections() -> Iterator[Attack]:
    """A correction that would change what it may not, or come back as markup."""
    path = f"{RELEASED}/correct"
    wrong: tuple[tuple[str, Pairs], ...] = (
        ("no severity", (("note", SCRIPT),)),
        ("a severity of its own", (("severity", SCRIPT), ("note", "x"))),
        ("no note", (("severity", "minor"), ("title", SCRIPT), ("blurb", SCRIPT), ("why", SCRIPT), ("item", "1"))),
        ("an item that is not in it", (("severity", "minor"), ("note", "x"), ("item", "§other§"))),
        ("an item with a quote", (("severity", "minor"), ("note", "x"), ("item", SCRIPT))),
        ("the item of another edition", (("severity", "minor"), ("note", "x"), ("item", "901"))),
    )
    for name, form in wrong:
        status = WRONG | GONE | {409}
        yield Attack(sort="xss", name=f"correction, {name}", path=path, method="POST", who=Role.EDITOR, form=form, status=status, never=("<zq",))
    for url in (
        "javascript:zq()",
        "data:text/html,zq",
        "file:///etc/passwd",
        "//zq.example",
        "https://",
        "http://[::1",
        "https://a.example/\r\nX-Zq: 1",
    ):
        form = (("severity", "minor"), ("note", "x"), ("item", "§entry§"), ("url", url))
        yield Attack(sort="xss", name=f"correction to {url!r}", path=path, method="POST", who=Role.EDITOR, form=form, status=WRONG | {409})
    for field in ("item", "severity", "note", "title", "blurb", "url", "why"):
        where = f"{path}?{field}={in_path(SCRIPT)}"
        yield Attack(
            sort="xss", name=f"correction, {field} in the address", path=where, who=Role.EDITOR, status=frozenset({200, 404}), never=("<zq",)
        )


def imports() -> Iterator[Attack]:
    """Lists of readers that are none, or would be more."""
    form = "multipart/form-data; boundary=zq"
    nested = b"".join(b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (n, n + 1) for n in range(3_000))
    token = b'--zq\r\nContent-Disposition: form-data; name="token"\r\n\r\n' + b"A" * 32 + b"\r\n"
    file = b'--zq\r\nContent-Disposition: form-data; name="list"; filename="x"'
    for name, kind, body in (
        ("nested parts", "multipart/form-data; boundary=b0", nested),
        ("no boundary", "multipart/form-data", b"--zq\r\n\r\n--zq--"),
        ("a boundary with a line end", 'multipart/form-data; boundary="a\\\r\n b"', b""),
        ("a part without an end", form, token + file + b"\r\n\r\nemail\nzq@zq.example"),
        ("a hundred parts", form, token * 100),
        ("too large", form, token + b"x" * 4_000_001),
        ("headers without end", form, b"--zq\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n\r\n--zq--"),
        (
            "base64 of nothing",
            form,
            token + file + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n===\r\n--zq--",
        ),
        (
            "NUL and a half UTF-8",
            form,
            token + file + b"\r\n\r\nemail\n\x00\xff@\xc0\r\n--zq--",
        ),
        ("no list", form, token + b"--zq--"),
    ):
        headers = (("Content-Type", kind),)
        status = WRONG | {0, 200, 403, 413, 415}
        yield Attack(sort="body", name=f"import, {name}", path=IMPORT, method="POST", who=Role.OPERATOR, body=body, headers=headers, status=status)
    for sort, said in (
        ("xss", "email,name\n=1+1@zq.example,=1+1"),
        ("header", "email\nzq@zq.example\rBcc: all@zq.example"),
        ("xss", f"email,name\n{SCRIPT}@zq.example,{SCRIPT}"),
        ("xss", f"{SCRIPT}\n1"),
        ("body", "email\n" + "x" * 60_000),
        ("body", '"' * 1_001),
    ):
        pairs: Pairs = (("list", said),)
        name = f"import of {said[:24]!r}"
        yield Attack(
            sort=sort, name=name, path=IMPORT, method="POST", who=Role.OPERATOR, form=pairs, status=WRONG | {200}, never=("<zq", "Traceback")
        )
