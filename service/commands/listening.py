"""Where `recist serve` listens: this machine alone, unless what is sent stays unread on its way."""

import errno
import socket

import uvicorn

from service.commands.unusable import Unusable
from service.settings import Settings
from service.urls import is_loopback

EXPOSED = (
    "whoever is on the way could read what is sent to {host}: give --tls-certificate (and"
    " --tls-key), or say --behind-proxy where a proxy speaks TLS and nobody else reaches this port"
)


def listener(settings: Settings) -> socket.socket:
    """Bind before anything is made, so that what cannot be used changes nothing.

    Raises Unusable for a taken port, an address that is not this machine's, and one that others
    reach over plain HTTP.
    """
    host, port = settings.host, settings.port
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        _check_exposure(settings, str(address[0]))
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            advice = "choose another with --port, or any free one with --port 0"
            raise Unusable(f"port {port} of {host} is taken: {advice}") from None
        raise Unusable(f"cannot listen at {host}, port {port}: {refused.strerror}") from None


def address_of(listening: socket.socket, settings: Settings) -> str:
    """The address as a URL."""
    scheme = "https" if settings.tls_certificate else "http"
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def load_certificate(config: uvicorn.Config, settings: Settings) -> None:
    """Read the certificate, if there is to be one, before anybody is told an address."""
    if settings.tls_key and not settings.tls_certificate:
        raise Unusable("a TLS key is for a certificate: give --tls-certificate too")
    try:
        config.load()
    except OSError as refused:  # ssl's own failures are such
        which = f"{settings.tls_certificate}, key {settings.tls_key or 'in the same file'}"
        why = refused.strerror or refused
        raise Unusable(f"the TLS certificate {which} cannot be used: {why}") from None


def _check_exposure(settings: Settings, address: str) -> None:
    guarded = settings.tls_certificate or settings.behind_proxy
    if not guarded and not is_loopback(address):
        raise Unusable(EXPOSED.format(host=settings.host))
