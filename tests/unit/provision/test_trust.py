from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from provision import trust
from provision.errors import ProvisionError
from provision.sandbox.certificates import CertificateAuthority


def test_an_own_authority_is_trusted_beside_the_usual_ones(tmp_path: Path) -> None:
    usual = trust.context(None)

    own = trust.context(CertificateAuthority(tmp_path).ca_file)

    assert own.cert_store_stats()["x509_ca"] == usual.cert_store_stats()["x509_ca"] + 1
    assert (own.verify_mode, own.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("content", [None, "no certificate", ""])
def test_a_file_without_a_certificate_is_told_with_the_remedy(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(ProvisionError, match=r"ca.pem: no certificates can be read from it: .*Correct `ca_file` under"):
        trust.context(file)
