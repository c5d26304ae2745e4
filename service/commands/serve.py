"""`recist serve`: the service on an address of this machine, until it is told to stop."""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
import uvicorn
from fastapi import FastAPI

from service.access import bootstrap
from service.app import create_app
from service.commands.unusable import Unusable
from service.connections import TimedConnection
from service.db import Database
from service.settings import Settings

GRACE_SECONDS = 30

Greeting = Callable[[Database, str], Iterable[str]]
"""What else to print, of the database and the address; made before anything is printed."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes any free one.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the database and the files.")] = None,
) -> None:
    """Run the service. The first line printed is its address, tokens follow."""
    run(told_settings(host=host, port=port, folder=data))


def told_settings(**told: Any) -> Settings:
    """The settings, with those that the command line said (others are None) in front."""
    return Settings(**{name: value for name, value in told.items() if value is not None})


def first_token(database: Database, _address: str) -> Iterable[str]:
    """The token to start with, where nobody has one yet."""
    if token := database.run(bootstrap):
        yield f"administrator token (24 h): {token}"


def run(settings: Settings, greeting: Greeting = first_token) -> None:
    """Serve until SIGTERM or SIGINT; the greeting's lines follow the address."""
    signal.signal(signal.SIGTERM, _stop)
    with _listener(settings.host, settings.port) as listener, suppress(KeyboardInterrupt):
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            http=TimedConnection,
            ws="none",
            lifespan="off",  # run here, so that a failure to start is told as any other
            access_log=False,  # it would keep paths, and ids with them
            server_header=False,
            proxy_headers=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(app, uvicorn.Server(config), listener, greeting))


async def _serve(
    app: FastAPI, server: uvicorn.Server, listener: socket.socket, greeting: Greeting
) -> None:
    async with app.router.lifespan_context(app):
        address, database = _address(listener), app.state.database
        for line in (address, *greeting(database, address), database.says, *app.state.variants):
            typer.echo(line)
        gc.freeze()  # what was imported stays: it need not be looked through again and again
        await server.serve(sockets=[listener])


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    # uvicorn finishes what is under way at the first signal and sends it again afterwards;
    # this lets what stands around it be put away too.
    raise SystemExit(0)


def _listener(host: str, port: int) -> socket.socket:
    """Bind before anything is made, so that a taken port changes nothing."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            advice = "choose another with --port, or any free one with --port 0"
            raise Unusable(f"port {port} of {host} is taken: {advice}") from None
        raise Unusable(f"cannot listen at {host}, port {port}: {refused.strerror}") from None


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
