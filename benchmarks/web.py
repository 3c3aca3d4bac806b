"""Serve saved pages without delay, each on a loopback address of its own: `python web.py ROWS.jsonl PORT`. Rows: `{host, path, file|body}`.

A proxy would not do: trafilatura's command takes none but SOCKS.
"""

import asyncio
import gzip
import json
import sys
from pathlib import Path

UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def answers(rows: Path) -> dict[tuple[str, str], bytes]:
    """Whole answers, made before the first request."""
    made = {}
    for line in rows.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        body = row["body"].encode() if "body" in row else gzip.decompress(Path(row["file"]).read_bytes())
        head = b'HTTP/1.1 200 OK\r\nContent-Type: %s\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' % (_type(body), len(body))
        made[row["host"], row["path"]] = head + body
    return made


def _type(body: bytes) -> bytes:
    return b"application/rss+xml" if body.startswith(b"<?xml") else b"text/html"


async def main(rows: Path, port: int) -> None:
    served = answers(rows)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                host = next(line[5:].strip().split(":")[0] for line in head if line.lower().startswith("host:"))
                known = any(line.lower().startswith("if-none-match:") for line in head)
                writer.write(UNCHANGED if known else served.get((host, head[0].split(" ")[1]), MISSING))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(serve, sorted({host for host, _ in served}), port, backlog=512)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
