"""How fast reads are signed over HTTP, as a share of a plain route that commits one row.

The peer is what FastAPI's tutorial leads to: a `def` route that validates the same body and inserts
one row by the bare driver of the same SQLite library, WAL, synchronous=FULL. Both answer in turn.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

CONNECTIONS = 16
REQUESTS = 800
ROUNDS = 5

PEER = """
import sys, threading, uvicorn
from fastapi import FastAPI
from service.routers.reads import NewRead
from importlib import import_module
from service.sqlite import library
driver = import_module(library().module)
bare = driver.connect(sys.argv[1], check_same_thread=False, isolation_level=None)
bare.execute("PRAGMA journal_mode=WAL")
bare.execute("PRAGMA synchronous=FULL")
bare.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, day TEXT, findings INTEGER)")
lock = threading.Lock()
app = FastAPI()

@app.post("/reads", status_code=201)
def sign(read: NewRead) -> dict[str, bool]:
    with lock:
        bare.execute("INSERT INTO rows (day, findings) VALUES (?, ?)",
                     (read.on.isoformat(), len(read.findings)))
    return {"ok": True}

uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")
"""


def a_read() -> bytes:
    """A baseline of ten findings."""
    labels = [f"L{n}" for n in range(10)]
    lesion = {"role": "TARGET", "organ": "liver", "compartment": "distant"}
    finding = {"state": "MEASURED", "longest_mm": 31.4, "short_axis_mm": 15.9}
    read = {"on": "2024-01-01", "lesions": dict.fromkeys(labels, lesion)}
    return json.dumps(read | {"findings": dict.fromkeys(labels, finding)}).encode()


async def post_all(port: int, requests: Sequence[bytes]) -> list[float]:
    """Send every request over a few connections; return the latencies in seconds."""
    waiting = iter(requests)
    latencies: list[float] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201"), head
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            latencies.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return latencies


def request(path: str, body: bytes, token: str = "") -> bytes:
    """One HTTP request as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def timed(port: int, requests: Sequence[bytes]) -> tuple[float, list[float]]:
    """Requests a second, and the latencies."""
    began = time.perf_counter()
    latencies = asyncio.run(post_all(port, requests))
    return len(requests) / (time.perf_counter() - began), latencies


def ask(url: str, token: str, body: object) -> Any:
    """Post JSON and return the JSON answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent = Request(url, json.dumps(body).encode(), headers)
    with urlopen(sent) as answer:
        return json.load(answer)


def subjects(folder: Path, trial: str, count: int) -> list[str]:
    """Enrol subjects straight into the database: they are not what is measured."""
    from sqlalchemy import insert

    from service import tables
    from service.db import Database

    database = Database(f"sqlite:///{folder / 'recist.sqlite'}", audit_key=bytes(32))
    common = {"trial_id": trial, "attributes": "{}", "version": 1, "created_at": datetime.now(UTC)}
    rows = [common | {"id": uuid4().hex, "code": f"S-{n}"} for n in range(count)]

    def unit(connection: Any) -> None:
        maker = connection.execute(tables.principals.select()).first()
        connection.execute(
            insert(tables.subjects), [row | {"created_by": maker.id} for row in rows]
        )

    database.run(unit)
    database.close()
    return [str(row["id"]) for row in rows]


def served(folder: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Run the service; give its port and a request for each read to be signed."""
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    admin = process.stdout.readline().rpartition(" ")[2].strip()
    trial = ask(f"{url}/v1/trials", admin, {"name": "Bench", "criteria": "recist-1.1"})["id"]
    reader = {"name": "bench reader", "role": "READER_1", "trial": trial}
    token = ask(f"{url}/v1/tokens", admin, reader)["token"]
    ids = subjects(folder, trial, (ROUNDS + 1) * REQUESTS)
    body = a_read()
    try:
        yield (
            int(url.rpartition(":")[2]),
            [request(f"/v1/subjects/{i}/reads", body, token) for i in ids],
        )
    finally:
        process.terminate()
        process.wait()


def peer(folder: Path, port: int) -> "subprocess.Popen[str]":
    """Run the plain route."""
    folder.mkdir()
    command = [sys.executable, "-c", PEER, str(folder / "rows.sqlite"), str(port)]
    process = subprocess.Popen(command, text=True)
    for _ in range(200):
        time.sleep(0.1)
        try:
            timed(port, [request("/reads", a_read())])
        except OSError:
            continue
        return process
    raise TimeoutError("the plain route did not start")


def free_port() -> int:
    """A port that nobody listens at."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def run() -> list[str]:
    """Sign and insert in turn; the first round only warms up."""
    ours: list[float] = []
    theirs: list[float] = []
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        port = free_port()
        plain = peer(Path(temporary) / "peer", port)
        plain_requests = [request("/reads", a_read())] * REQUESTS
        try:
            for service_port, requests in served(Path(temporary) / "served"):
                for n in range(ROUNDS + 1):
                    theirs.append(timed(port, plain_requests)[0])
                    rate, found = timed(service_port, requests[n * REQUESTS : (n + 1) * REQUESTS])
                    ours.append(rate)
                    latencies += found if n else []
        finally:
            plain.terminate()
            plain.wait()
    shares = [a / b for a, b in zip(ours[1:], theirs[1:], strict=True)]
    hundredths = [seconds * 1e3 for seconds in statistics.quantiles(latencies, n=100)]
    rates = statistics.median(ours[1:]), statistics.median(theirs[1:])
    return [
        f"signing a read of 10 findings over HTTP: {rates[0]:.0f} a second",
        f"  latency: p50 {hundredths[49]:.0f} ms, p99 {hundredths[98]:.0f} ms",
        f"  a plain route that commits one row: {rates[1]:.0f} a second",
        f"  share: {statistics.median(shares):.2f} (aim: at least 0.50)",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
