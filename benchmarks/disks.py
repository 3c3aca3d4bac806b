"""Disks that are full, closed or damaged: what each command says, how it ends, and whether anything is lost once there is room again.

The full disk is a tmpfs of a few megabytes, filled but for so many bytes; where nothing may be mounted, no file may grow beyond a size instead.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stage import EDITION, Toll, accepted, feeds, filled, harvested, released, serving, web, whole
from tests.desk import Desk, Done, ended
from tests.smtp import postbox

SIZE = 24 << 20
"""Bytes of the small disk."""
ROOM = (0, 4_096, 40_960, 200_000, 500_000)
"""Bytes that are left on it, from nothing to what some errands need."""
PAGES = 30
WORDS = ("full", "cannot be written", "No space left", "File too large", "disk failed")
"""A sentence about a full disk has one of these."""


class Disk:
    """A folder on which room can be taken and given back."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self._ballast = folder / "ballast"

    def leave(self, room: int) -> None:
        """Take all but so many bytes."""
        if self.mounted:
            free = os.statvfs(self.folder)
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - room))

    def free(self) -> None:
        """Give everything back."""
        self._ballast.unlink(missing_ok=True)

    def most(self, room: int) -> int | None:
        """The size no file may pass, where the disk itself is not small."""
        return None if self.mounted else max(1, room)


@contextmanager
def small_disk() -> Iterator[Disk]:
    """Mount a tmpfs where this user may, or give a folder in which files are kept from growing."""
    with tempfile.TemporaryDirectory(prefix="gleanings-disk-") as name:
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", name]
        mounted = shutil.which("mount") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0
        try:
            yield Disk(Path(name), mounted=mounted)
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", name], check=False)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A command that writes. `furnish` makes the desk it works on; `proven` looks whether it was done, once."""

    words: tuple[str, ...]
    furnish: Callable[[Desk], None]
    proven: Callable[[Desk, Toll], None]
    sources: str = "[]"


def _errands(folder: Path) -> dict[str, Errand]:
    def backed(desk: Desk, toll: Toll) -> None:
        toll.check(Desk(desk.folder, sources=None).run("restore", "--verify", str(desk.folder / "copy.db")).code == 0, "the copy is not good")

    def decided(desk: Desk, toll: Toll) -> None:
        toll.check(
            desk.rows("SELECT state, count(*) FROM items GROUP BY state") == [("accepted", 1), ("queued", 7)], "the decision is not there once"
        )

    def built(desk: Desk, toll: Toll) -> None:
        toll.check((desk.folder / "digests" / EDITION / "manifest.json").is_file(), "the draft has no manifest")

    def out(desk: Desk, toll: Toll) -> None:
        released(desk, 8, toll)

    def kept(desk: Desk, toll: Toll) -> None:
        harvested(desk, PAGES, toll)

    def eight(desk: Desk) -> None:
        accepted(desk, 8)

    return {
        "harvest": Errand(words=("harvest", "--all", "--workers", "1"), furnish=lambda desk: filled(desk, 0), proven=kept, sources=feeds(2)),
        "decide": Errand(words=("accept", "1"), furnish=lambda desk: filled(desk, 8), proven=decided),
        "build": Errand(words=("digest", "build", EDITION), furnish=eight, proven=built),
        "release": Errand(words=("digest", "release", EDITION), furnish=eight, proven=out),
        "backup": Errand(words=("backup", str(folder / "copy.db")), furnish=eight, proven=backed),
    }


def full(rooms: Sequence[int] = ROOM, names: Sequence[str] = ()) -> Iterator[Toll]:
    """Give each errand that writes too little room, and then enough."""
    with small_disk() as disk, tempfile.TemporaryDirectory() as other, web(Path(other), PAGES):
        folder = disk.folder / "desk"
        for name, errand in _errands(folder).items():
            if names and name not in names:
                continue
            toll = Toll(f"full disk, {name}", note="" if disk.mounted else "by a limit on the size of files")
            for room in rooms:
                folder.mkdir()
                _once(errand, Desk(folder, sources=errand.sources), disk=disk, room=room, toll=toll)
                shutil.rmtree(folder)
            yield toll
    if not names or "desk" in names:
        yield full_under_the_desk()
    if not names or "send" in names:
        yield full_while_sending(rooms)


def _once(errand: Errand, desk: Desk, *, disk: Disk, room: int, toll: Toll) -> None:
    errand.furnish(desk)
    disk.leave(room)
    done = ended(desk.start(*errand.words, most=disk.most(room)))
    disk.free()
    _said(done, toll, f"with {room} bytes left")
    whole(desk, toll)
    if done.code == 1:
        toll.cut += 1
        again = ended(desk.start(*errand.words))
        toll.check(again.code in (0, 4), f"with room again it ended with {again.code}: {again.err[-300:]}")
    errand.proven(desk, toll)
    toll.done += 1


def _said(done: Done, toll: Toll, when: str) -> None:
    """A command that failed says why in a sentence, with exit code 1; there is no traceback."""
    toll.check(done.code in (0, 1, 4), f"{when} it ended with {done.code}: {done.err[-300:]}")
    toll.check("Traceback" not in done.err, f"{when} there was a traceback: {done.err[-300:]}")
    if done.code == 1:
        toll.check(any(word in done.err for word in WORDS), f"{when} it did not say why: {done.err[-300:]}")


def full_under_the_desk() -> Toll:
    """The disk fills up under the real desk: it refuses decisions with a sentence, goes on showing the queue, and takes decisions again with room."""
    toll = Toll("full disk, desk")
    with small_disk() as disk:
        if not disk.mounted:
            toll.note = "nothing may be mounted here: not tried"
            return toll
        (disk.folder / "desk").mkdir()
        desk = Desk(disk.folder / "desk")
        filled(desk, 3_000)
        with serving(desk, "--no-harvest") as (_, curator):
            disk.leave(0)
            taken, refused = 0, ""
            for number in range(1, 3_000):
                try:
                    curator.post(f"/desk/items/{number}/decide", {"verdict": "accept"})
                    taken += 1
                except RuntimeError as error:
                    refused = str(error)
                    break
            toll.cut = 1
            toll.check(": 503 " in refused and "full" in refused, f"the desk answered: {refused[:300]}")
            toll.check("Thing number" in curator.get("/desk/queue"), "the queue was not shown")
            disk.free()
            curator.post(f"/desk/items/{taken + 1}/decide", {"verdict": "accept"})
        whole(desk, toll)
        stands = desk.rows("SELECT count(*) FROM items WHERE state = 'accepted'")[0][0]
        toll.check(stands == taken + 1 == desk.rows("SELECT count(*) FROM decisions")[0][0], f"{taken + 1} decisions were answered, {stands} stand")
        toll.done = taken + 1
    return toll


def full_while_sending(rooms: Sequence[int] = ROOM, people: int = 300) -> Toll:
    """The disk is full when a sending begins or fills up on its way: nobody gets it twice, and with room everybody gets it."""
    toll = Toll("full disk, send")
    for room in rooms:
        with small_disk() as disk, postbox() as box:
            folder = disk.folder / "desk"
            folder.mkdir()
            desk = Desk(folder, port=box.port)
            accepted(desk, 3)
            readers = folder / "readers.csv"
            readers.write_text("email,name,consented_at\n" + "".join(f"reader{n}@d{n % 40}.example,Reader {n},2026-01-10\n" for n in range(people)))
            for words in (("import", "subscribers", str(readers)), ("digest", "release", EDITION)):
                done = ended(desk.start(*words))
                toll.check(done.code == 0, f"{words}: {done.err[-200:]}")
            disk.leave(room)
            done = ended(desk.start("send", EDITION, most=disk.most(room)))
            disk.free()
            toll.cut += done.code == 1
            _said(done, toll, f"with {room} bytes left")
            whole(desk, toll)
            again = ended(desk.start("send", EDITION))
            uncertain = desk.rows("SELECT count(*) FROM deliveries WHERE state = 'uncertain'")[0][0]
            toll.check(again.code in (0, 4), f"with room again it ended with {again.code}: {again.err[-300:]}")
            toll.check(len(box.recipients) == len(set(box.recipients)), "somebody got it twice")
            toll.check(
                people - uncertain <= len(set(box.recipients)) <= people, f"{len(set(box.recipients))} of {people} got it, {uncertain} uncertain"
            )
            toll.done += len(box.recipients)
    return toll


# ---------------------------------------------------------------- closed and damaged files


def damaged(rounds: int = 20, seed: int = 6, items: int = 150) -> Toll:
    """Random bytes in random pages, or a cut-off log: every command works or says what is wrong and names the last backup; the copy then helps."""
    chance, toll, told = random.Random(seed), Toll("damaged"), 0
    with tempfile.TemporaryDirectory(prefix="gleanings-damage-") as name:
        model = Desk(Path(name))
        accepted(model, items)
        toll.check(model.run("backup").code == 0, "no backup could be made")
        toll.check((model.folder / "backups" / "latest.db").exists(), "there is no backups/latest.db")
        good = model.db.read_bytes()
        for number in range(rounds):
            model.db.write_bytes(_spoilt(good, chance, pages=(1, 3, 10, 40)[number % 4]))
            _without_log(model)
            told += _read_all(model, toll)
            toll.cut += 1
        _without_log(model)
        done = model.run("restore", str(model.folder / "backups" / "latest.db"))
        toll.check(done.code == 0, f"the backup could not be put back: {done.err[-300:]}")
        whole(model, toll)
        toll.done = model.rows("SELECT count(*) FROM items WHERE state = 'accepted'")[0][0]
        toll.check(toll.done == items, f"{toll.done} of {items} decisions are in the restored file")
    toll.note = f"{told} commands said that the file is damaged and named the backup; the others did not touch the damaged pages"
    return toll


def _spoilt(good: bytes, chance: random.Random, *, pages: int) -> bytes:
    raw = bytearray(good)
    for _ in range(pages):
        at = chance.randrange(1, len(raw) // 4096) * 4096
        raw[at : at + 300] = chance.randbytes(300)
    return bytes(raw)


def _without_log(desk: Desk) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{desk.db}{ending}").unlink(missing_ok=True)


def _read_all(desk: Desk, toll: Toll) -> int:
    """Give commands that read and write much; count those that said that the file is damaged."""
    told = 0
    for words in (("queue",), ("export", "items"), ("status",), ("undo",), ("digest", "build", EDITION)):
        done = desk.run(*words)
        about = f"{words[0]} ended with {done.code}: {done.err[-300:]}"
        toll.check(done.code in (0, 1, 4) and "Traceback" not in done.err, about)
        if "is damaged" in done.err or "is no database" in done.err:
            told += 1
            toll.check("latest.db" in done.err, f"the backup is not named: {about}")
    return told


def cut_log(rounds: int = 20, seed: int = 7) -> Toll:
    """The write-ahead log is cut off at a random place, as after a crash of the machine: whole transactions stand, none in part."""
    chance, toll = random.Random(seed), Toll("cut log")
    with tempfile.TemporaryDirectory(prefix="gleanings-log-") as name:
        folder = Path(name)
        (folder / "model").mkdir()
        model = Desk(folder / "model")
        filled(model, 60)
        holder = sqlite3.connect(model.db)  # while somebody has it open, the log stays
        holder.execute("SELECT count(*) FROM items").fetchone()
        for number in range(1, 41):
            model.must("accept", str(number))
        log = Path(f"{model.db}-wal").read_bytes()
        main = model.db.read_bytes()
        holder.close()
        for number in range(rounds):
            (folder / f"at{number}").mkdir()
            desk = Desk(folder / f"at{number}")
            desk.db.write_bytes(main)
            cut = bytearray(log[: chance.randrange(len(log) + 1)])
            if number % 2 and len(cut) > 5_000:
                at = chance.randrange(32, len(cut) - 100)
                cut[at : at + 64] = chance.randbytes(64)
            Path(f"{desk.db}-wal").write_bytes(bytes(cut))
            toll.check(desk.run("queue").code == 0, "the queue was not shown")
            whole(desk, toll)
            decisions = [item for (item,) in desk.rows("SELECT item FROM decisions ORDER BY id")]
            states = [item for (item,) in desk.rows("SELECT id FROM items WHERE state = 'accepted' ORDER BY id")]
            toll.check(decisions == states == list(range(1, len(states) + 1)), "a decision stands in part")
            toll.cut += 1
            toll.done += len(states)
    return toll


def closed() -> Toll:
    """A database that this user may only read: reading works or is a sentence, a change is refused with one, and the file stays as it was."""
    toll = Toll("read-only")
    with small_disk() as disk:
        if not disk.mounted:
            toll.note = "nothing may be mounted here: not tried"
            return toll
        desk = Desk(disk.folder)
        filled(desk, 8)
        before = desk.db.read_bytes()
        subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
        for words in (("queue",), ("status",), ("accept", "1"), ("harvest",), ("digest", "build", EDITION), ("backup", str(disk.folder / "copy.db"))):
            done = ended(desk.start(*words))
            toll.cut += 1
            toll.check(done.code == 1 and "Traceback" not in done.err, f"{words[0]} ended with {done.code}: {done.err[-300:]}")
            toll.check("cannot be" in done.err, f"{words[0]} said: {done.err[-300:]}")
        toll.check(desk.db.read_bytes() == before, "the file was changed")
        subprocess.run(["mount", "-o", "remount,rw", str(disk.folder)], check=True)
        toll.check(desk.run("accept", "1").code == 0, "it cannot be changed afterwards")
        whole(desk, toll)
        toll.done = 1
    return toll
