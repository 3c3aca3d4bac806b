"""Static word vectors, where the extra `gleanings[embeddings]` is installed: a table and a tokenizer that lie inside its wheel.

Reads the two files directly and asks nobody for anything: no download, no model to run. Without the extra every vector is empty, and whoever
takes vectors takes empty ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from os import SEEK_CUR
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.model import Features

SIZE = 256
"""Numbers in a vector."""
MAX_CHARACTERS = 1_200
"""Of a text; the mean of its words hardly moves after that."""

_TABLE = ("weights", "l2_supercat_256.safetensors")
_TOKENIZER = ("tokenizers", "l2_supercat_tokenizer_config.json")


class _Tokenizer(Protocol):
    def encode(self, sequence: str, /, *, add_special_tokens: bool) -> Any: ...


def vector(content: str) -> bytes:
    """Give the mean of the vectors of a text's words, of length one, as 256 half floats; empty where no table is installed or no word is known."""
    loaded = _loaded()
    if loaded is None or not content:
        return b""
    table, tokenizer = loaded
    ids = tokenizer.encode(content[:MAX_CHARACTERS], add_special_tokens=False).ids
    mean = table[ids].mean(axis=0) if ids else np.zeros(SIZE, np.float32)
    norm = float(np.linalg.norm(mean))
    return (mean / norm).astype(np.float16).tobytes() if norm > 0 else b""


def knows(word: str) -> bool:
    """Say whether the table has a word whole, as written or in small letters; one of pieces may mean nothing. False without a table."""
    loaded = _loaded()
    return loaded is not None and any(len(loaded[1].encode(form, add_special_tokens=False).ids) == 1 for form in (word, word.lower()))


def unpack(packed: Sequence[Features]) -> NDArray[np.float32]:
    """Put the vectors under each other (n × 256); a row of zeros where there is none."""
    rows = np.zeros((len(packed), SIZE), np.float32)
    for row, one in zip(rows, packed, strict=True):
        if len(one.vector) == 2 * SIZE:
            row[:] = np.frombuffer(one.vector, np.float16)
    return rows


@cache
def _loaded() -> tuple[NDArray[np.float32], _Tokenizer] | None:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None or find_spec("tokenizers") is None:
        return None
    table, tokenizer = (Path(spec.origin).parent.joinpath(*path) for path in (_TABLE, _TOKENIZER))
    if not (table.is_file() and tokenizer.is_file()):
        return None
    read: _Tokenizer = import_module("tokenizers").Tokenizer.from_file(str(tokenizer))  # an extra: it may be absent
    return _table(table), read


def _table(path: Path) -> NDArray[np.float32]:
    """Read a safetensors file of one tensor (8 bytes of length, a JSON header, half floats): a row for each token (tokens × 256)."""
    with path.open("rb") as file:
        file.seek(int.from_bytes(file.read(8), "little"), SEEK_CUR)
        return np.fromfile(file, np.float16).reshape(-1, SIZE).astype(np.float32)
