"""The sandbox's own certificate authority, so that every client keeps verifying TLS.

The extensions are those of RFC 5280 that Python 3.13 insists on (VERIFY_X509_STRICT): critical basic constraints and
key usage, key identifiers, subject alternative names. The authority's private key never reaches the disk.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("localhost", "dc1.lab.example")
ADDRESSES = ("127.0.0.1",)
VALIDITY = timedelta(days=365)


def _name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lockstep sandbox")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


class CertificateAuthority:
    """A new authority and one server certificate, written to `folder`; making one replaces the files of the last."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        """The certificate clients must trust."""
        self._server = (folder / "server.pem", folder / "server.key")
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._issue_authority()
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self._write_server()

    def server_certificate(self) -> tuple[Path, Path]:
        """Certificate (chain) and private key, both PEM, of a server at `HOSTS` and `ADDRESSES`."""
        return self._server

    def server_context(self) -> ssl.SSLContext:
        """TLS for a server of the sandbox."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*self._server)
        return context

    def client_context(self) -> ssl.SSLContext:
        """TLS for a client that trusts this authority and nobody else."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    def _issue_authority(self) -> x509.Certificate:
        name = _name("Lockstep sandbox CA")
        public = self._key.public_key()
        builder = self._builder(name, public).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return builder.add_extension(_key_usage(authority=True), critical=True).sign(self._key, hashes.SHA256())

    def _write_server(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host) for host in HOSTS]
        addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._builder(_name("localhost"), key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        certificate_file, key_file = self._server
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.private_bytes(*encoding))

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name("Lockstep sandbox CA"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALIDITY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
