"""`recist serve` is for this machine alone, unless TLS or a proxy keeps what is sent unread."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from service.commands.listening import listener
from service.commands.unusable import Unusable
from service.settings import Settings

CHECKOUT = Path(__file__).parents[3]
ANYWHERE = ["0.0.0.0", "::", "192.0.2.7"]


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., Path]:
    """Write a certificate of this machine, and its key into the same file or another."""

    def make(name: str = "both.pem", *, password: bytes | None = None) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(names, critical=False)
            .sign(key, hashes.SHA256())
        )
        locked = BestAvailableEncryption(password) if password else NoEncryption()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
        file = tmp_path / name
        file.write_bytes(made.public_bytes(Encoding.PEM) + private)
        return file

    return make


@pytest.mark.parametrize("host", ANYWHERE)
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_it_does_not_listen_where_others_could_read_along(
    recist, tmp_path: Path, host: str, command: str
) -> None:
    folder = tmp_path / "new"
    told = ["--host", host, "--port", "0", "--data", str(folder)]
    status, printed, errors = recist(command, *told)
    assert (status, printed, len(errors.splitlines())) == (2, "", 1)
    assert "--tls-certificate" in errors
    assert "--behind-proxy" in errors
    assert not folder.exists() or command == "demo"


@pytest.mark.parametrize("told", [{"behind_proxy": True}, {"tls_certificate": Path("x")}])
def test_where_tls_is_spoken_it_listens_anywhere(told) -> None:
    with listener(Settings(host="0.0.0.0", port=0, **told)) as listening:
        assert listening.getsockname()[0] == "0.0.0.0"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost"])
def test_this_machine_needs_neither(host: str) -> None:
    with listener(Settings(host=host, port=0)) as listening:
        assert ip_address(listening.getsockname()[0]).is_loopback


def test_a_name_is_what_it_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what it sounds like: this one leads out of the machine."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Unusable, match="behind-proxy"):
        listener(Settings(host="localhost", port=0))


def test_it_speaks_tls(certificate, tmp_path: Path) -> None:
    pem = certificate()
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    told = ["--data", tmp_path / "d", "--tls-certificate", pem]
    process = subprocess.Popen(
        [*command, *told], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(pem))
        assert httpx.get(f"{address}/healthz", verify=trusting).json() == {"status": "ok"}
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://{address.removeprefix('https://')}/healthz")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_certificate_that_cannot_be_used(recist, certificate, tmp_path: Path) -> None:
    (tmp_path / "not.pem").write_text("no certificate")
    absent, not_one = str(tmp_path / "absent.pem"), str(tmp_path / "not.pem")
    locked, other = str(certificate("l.pem", password=b"x")), str(certificate("o.pem"))
    for told in (
        ["--tls-certificate", absent],
        ["--tls-certificate", not_one],
        ["--tls-certificate", locked],
        ["--tls-certificate", other, "--tls-key", str(certificate("k.pem"))],
        ["--tls-certificate", other, "--tls-key", absent],
        ["--tls-key", other],
    ):
        folder = tmp_path / "new"
        status, printed, errors = recist("serve", "--port", "0", "--data", str(folder), *told)
        assert (status, printed, len(errors.splitlines())) == (2, "", 1), (told, errors)
        assert "certificate" in errors
        assert not folder.exists()
