"""What tests of every part share: the data beside the checkout, and a running service."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; tests that use it skip where it is absent."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` beside the checkout")
    return folder


@dataclass(frozen=True)
class Server:
    """A service on a free port of this machine, started by `recist serve`."""

    url: str
    admin_token: str
    folder: Path

    def client(self, token: str | None = None) -> httpx.Client:
        """A client with a token, the administrator's unless another is given; "" for none."""
        token = self.admin_token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for each process of the tests: what a test makes in it has names of its own."""
    folder = tmp_path_factory.mktemp("served")
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--port", "0", "--data", folder],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        url = process.stdout.readline().strip()
        assert url, process.communicate()[1]
        token = process.stdout.readline().rpartition(" ")[2].strip()
        yield Server(url, token, folder)
    finally:
        process.terminate()
        process.communicate(timeout=30)
