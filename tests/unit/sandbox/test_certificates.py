from __future__ import annotations

import ssl
import stat
import sys
from pathlib import Path

import pytest
from cryptography import x509

from provision.sandbox.certificates import CertificateAuthority


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "dc1.lab.example"])
def test_a_strict_client_trusts_the_server_under_each_of_its_names(tmp_path: Path, name: str) -> None:
    authority = CertificateAuthority(tmp_path)
    context = authority.client_context()
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    shake_hands(authority.server_context(), context, name)


def test_another_name_is_not_trusted(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"doesn't match|not valid for"):
        shake_hands(authority.server_context(), authority.client_context(), "dc1.corp.example")


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    ours, theirs = CertificateAuthority(tmp_path / "ours"), CertificateAuthority(tmp_path / "theirs")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(ours.server_context(), theirs.client_context(), "localhost")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """A whole TLS handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version() is not None


def test_the_authoritys_key_is_not_written_and_the_servers_is_private(tmp_path: Path) -> None:
    certificate, key = CertificateAuthority(tmp_path).server_certificate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "server.key", "server.pem"]
    assert x509.load_pem_x509_certificate(certificate.read_bytes()).subject != x509.Name([])
    if sys.platform != "win32":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
