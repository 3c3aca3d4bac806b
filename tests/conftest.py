"""What every test stands on: no network beyond this machine, and a derandomised hypothesis in CI."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.web import write_ca

settings.register_profile("ci", derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket to another machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            pytest.fail(f"a test reached for {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of our own authority, which signs for the small web of `tests/web.py`."""
    return write_ca(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, ca: Path) -> None:
    """No proxy, and no authority but ours."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    for key in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(key, raising=False)
        monkeypatch.delenv(key.upper(), raising=False)


@pytest.fixture
def corpus() -> Path:
    """The folder of real material, where it is at hand."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real pages is not at hand")
    return folder
