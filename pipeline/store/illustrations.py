"""The pictures that curators give to items for the editions. Not the first page of a report, which the desk alone shows: that is `pictures.py`.

Giving, replacing and taking off is an act: signed, in the log, taken back like any other. Which bytes are a picture `render.reencode` says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from pipeline.errors import ConflictError, NotFoundError
from pipeline.model import Decision, Encoded, Illustration, Item, ItemId, State, Verdict
from pipeline.store.connection import Row, stamp
from pipeline.store.forms import dump
from pipeline.store.items import Items

_SETTLED = {State.MERGED: "is folded into another", State.PUBLISHED: "is published"}


class Illustrations(Items):
    """Keeping, finding and taking off pictures for the editions."""

    def illustrate(self, picture: Illustration) -> None:
        """Give an item its picture, in the place of one that it had. Raises `NotFoundError`, or `ConflictError` where it is folded or published."""
        with self.transaction():
            self._refuse_settled(self.item(picture.item))
            before = self._stands(picture.item)
            self._stand(picture.item, None)
            number = self._insert(
                """INSERT INTO illustrations (item, stands, image, media_type, width, height, alt, decorative, credit, by, given)
                   VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(picture.item, picture.encoded.body, picture.encoded.media_type, picture.encoded.width, picture.encoded.height),
                    *(picture.alt, int(picture.decorative), picture.credit, picture.by, stamp(picture.given)),
                ),
            )
            said = "decorative" if picture.decorative else picture.alt
            note = f"{'given' if before is None else 'replaced'}: {said}" + (f" ({picture.credit})" if picture.credit else "")
            self._tell(picture.item, before, number, by=picture.by, now=picture.given, note=note)

    def take_picture_off(self, item: ItemId, *, by: str, now: datetime) -> None:
        """Take the picture of an item off. Raises `NotFoundError` where it has none, or `ConflictError` where the item is folded or published."""
        with self.transaction():
            self._refuse_settled(self.item(item))
            before = self._stands(item)
            if before is None:
                raise NotFoundError("picture for the editions", f"of item {item}", hint="There is nothing to take off.")
            self._stand(item, None)
            self._tell(item, before, None, by=by, now=now, note="taken off")

    def illustration(self, item: ItemId) -> Illustration | None:
        """Give the picture of an item; `None` where it has none."""
        return self.illustrated([item]).get(item)

    def illustrated(self, items: Sequence[ItemId]) -> Mapping[ItemId, Illustration]:
        """Give the pictures of those of these items that have one."""
        sql = "SELECT * FROM illustrations WHERE stands = 1 AND item IN (SELECT value FROM json_each(?)) ORDER BY item"
        return {ItemId(row["item"]): _illustration(row) for row in self._rows(sql, (json.dumps(list(items)),))}

    # ------------------------------------------------------------ steps

    def _refuse_settled(self, item: Item) -> None:
        if item.state in _SETTLED:
            head = f"Give it to item {item.merged_into}." if item.merged_into else "Its edition stays as it was released."
            raise ConflictError(f"Item {item.id} {_SETTLED[item.state]}: its picture stays as it is.", hint=head)

    def _stands(self, item: int) -> int | None:
        row = self._row("SELECT id FROM illustrations WHERE item = ? AND stands = 1", (item,))
        return row["id"] if row else None

    def _stand(self, item: int, number: int | None) -> bool:
        """Let one picture of an item stand, or none. Says whether it was there."""
        self._change("UPDATE illustrations SET stands = 0 WHERE item = ? AND stands = 1", (item,))
        return number is None or bool(self._change("UPDATE illustrations SET stands = 1 WHERE id = ? AND item = ?", (number, item)))

    def _tell(self, item: ItemId, before: int | None, after: int | None, *, by: str, now: datetime, note: str) -> None:
        """Write the act into the log."""
        told = Decision(item=item, verdict=Verdict.ACCEPT if after else Verdict.REJECT, decided=now, curator=by, note=note)
        nothing: dict[str, object] = {"items": {}, "lanes": {}, "overlay": {}, "apart": []}
        self._insert(
            "INSERT INTO decisions (item, act, decided, curator, reason, decision, before, after) VALUES (?, 'picture', ?, ?, NULL, ?, ?, ?)",
            (item, stamp(now), by, dump(told), json.dumps({**nothing, "picture": before}), json.dumps({**nothing, "picture": after})),
        )

    def _untell(self, row: Row, before: Mapping[str, int | None], after: Mapping[str, int | None], *, said: str) -> None:
        """Put the picture back that stood before an act. Raises `ConflictError` where another one stands by now, or that one was pruned."""
        if row["act"] != "picture":
            return
        if self._stands(row["item"]) != after["picture"]:
            raise ConflictError(f"{said} cannot be taken back: the picture was changed since.", hint="Give the item its picture anew.")
        if not self._stand(row["item"], before["picture"]):
            raise ConflictError(f"{said} cannot be taken back: the picture before it is gone.", hint="Give the item its picture anew.")


def _illustration(row: Row) -> Illustration:
    return Illustration(
        item=ItemId(row["item"]),
        encoded=Encoded(body=bytes(row["image"]), media_type=row["media_type"], width=row["width"], height=row["height"]),
        alt=row["alt"],
        decorative=bool(row["decorative"]),
        credit=row["credit"],
        by=row["by"],
        given=datetime.fromisoformat(row["given"]),
    )
