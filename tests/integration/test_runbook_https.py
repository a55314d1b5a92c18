"""The runbook's HTTPS wire on a real socket: what only the wire itself can show."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from provision.sandbox.certificates import CertificateAuthority
from runbook.https import UrllibTransport
from tests.integration.runbook_world import Azure, AzureServer


@pytest.fixture
def azure(certificates: CertificateAuthority) -> Iterator[Azure]:
    """A server with answers of a test."""
    made = Azure()
    server = AzureServer(made, certificates.server_context())
    yield made
    server.stop()


@pytest.fixture
def transport(certificates: CertificateAuthority) -> UrllibTransport:
    """The wire, on a worker that trusts the server's authority."""
    made = UrllibTransport()
    made.tls.load_verify_locations(certificates.ca_file)
    return made


HEADERS = {"Authorization": "Bearer token:x"}


def test_an_answer_of_any_status_is_an_answer(azure: Azure, transport: UrllibTransport) -> None:
    azure.serve("/ok", "x", lambda _: (200, {"a": 1}))
    azure.serve("/no", "x", lambda _: (503, {"error": {"message": "busy"}}))

    assert transport.get(f"{azure.base}/ok", HEADERS, 5).json_object("x") == {"a": 1}
    refused = transport.get(f"{azure.base}/no", HEADERS, 5)
    assert (refused.status, refused.reason(), refused.headers["retry-after"]) == (503, "busy", "0")


def test_a_body_that_breaks_off_is_no_answer(azure: Azure, transport: UrllibTransport) -> None:
    azure.serve("/cut", "x", lambda _: (200, b'{"value": []}'))

    with pytest.raises(ConnectionError, match="broke off after 13 of 113 bytes"):
        transport.get(f"{azure.base}/cut", HEADERS, 5)


def test_a_redirect_is_not_followed(azure: Azure, transport: UrllibTransport) -> None:
    azure.serve("/moved", "x", lambda _: (302, {"Location": f"{azure.base}/elsewhere"}))

    assert transport.get(f"{azure.base}/moved", HEADERS, 5).status == 302
    assert azure.requests == ["/moved"]


def test_an_unknown_authority_is_not_trusted(azure: Azure) -> None:
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED") as failure:
        UrllibTransport().get(f"{azure.base}/ok", HEADERS, 5)

    assert isinstance(getattr(failure.value, "reason", None), ssl.SSLCertVerificationError)
    assert azure.requests == []
