"""Self-signed certificates, as the issuers of the distribution are: each is its own authority, and its key lies nowhere
but in its Secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from minikf.install.certificates.wish import Wish

VALID = timedelta(days=3650)
RENEW = timedelta(days=365)
"""They are renewed by `minikf up` alone, and a cluster may run for long before somebody types that again."""

_SKEW = timedelta(hours=1)
_COMMON_NAME_MOST = 64  # characters, RFC 5280, ub-common-name


@dataclass(frozen=True)
class Pair:
    """Certificate and key, PEM. The certificate is what trusts itself: what clients are told as `caBundle`."""

    certificate: str
    key: str


def issue(wish: Wish, now: datetime | None = None) -> Pair:
    """A new pair for it."""
    now = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wish.dns_names[0][:_COMMON_NAME_MOST])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(wish.is_ca, None), critical=True)
        .add_extension(_usage(wish.is_ca), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in wish.dns_names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), pem.decode())


def still_good(pair: Pair, wish: Wish, now: datetime | None = None) -> bool:
    """Whether the pair belongs together, is for these names and is valid for longer than RENEW."""
    now = now or datetime.now(UTC)
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
        key = serialization.load_pem_private_key(pair.key.encode(), password=None)
        certificate.verify_directly_issued_by(certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        may_sign = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == key.public_key()
        and set(names.get_values_for_type(x509.DNSName)) == set(wish.dns_names)
        and may_sign == wish.is_ca
        and certificate.not_valid_before_utc <= now
        and certificate.not_valid_after_utc - now > RENEW
    )


def _usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
