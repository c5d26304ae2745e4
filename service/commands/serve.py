"""`recist serve`: the service on an address of this machine, until it is told to stop."""

import asyncio
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

from service.app import create_app
from service.commands.listening import address_of, listener, load_certificate
from service.connections import TimedConnection
from service.db import Database
from service.identity.tokens import bootstrap
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
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate to serve HTTPS with, as PEM.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, unless in the same file.")] = None,
    behind_proxy: Annotated[
        bool | None, typer.Option("--behind-proxy", help="A proxy speaks TLS for the service.")
    ] = None,
) -> None:
    """Run the service. The first line printed is its address, tokens follow."""
    told = {"tls_certificate": tls_certificate, "tls_key": tls_key, "behind_proxy": behind_proxy}
    run(told_settings(host=host, port=port, folder=data, **told))


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
    with listener(settings) as listening, suppress(KeyboardInterrupt):
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
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            ssl_keyfile_password="",  # nobody is there to be asked for one
        )
        load_certificate(config, settings)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(app, uvicorn.Server(config), listening, greeting))


async def _serve(
    app: FastAPI, server: uvicorn.Server, listening: socket.socket, greeting: Greeting
) -> None:
    async with app.router.lifespan_context(app):
        address, database = address_of(listening, app.state.settings), app.state.database
        for line in (address, *greeting(database, address), database.says, *app.state.variants):
            typer.echo(line)
        gc.freeze()  # what was imported stays: it need not be looked through again and again
        await server.serve(sockets=[listening])


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    # uvicorn finishes what is under way at the first signal and sends it again afterwards;
    # this lets what stands around it be put away too.
    raise SystemExit(0)
