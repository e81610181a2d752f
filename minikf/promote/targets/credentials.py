"""What looks like a credential: it never stands in a target's file, which people copy and commit."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

# Words in the name of an option whose value opens something, whichever store it is of.
_NAMES = re.compile(
    r"secret|passw|token|credential|private.?key|access.?key|account.?key|api.?key|shared.?key|bearer|authorization|"
    r"sas(_|$)|signature|service.?account.?(key|json|path)|^(user|username|key|pass|pwd)$"
)
# Parameters of a URL that was signed for somebody: S3 and GCS (X-Amz-, X-Goog-), Azure (sig).
_SIGNED = re.compile(r"(x-amz-|x-goog-)(signature|credential|security-token)|sig|signature|awsaccesskeyid")
_SHAPES = (
    # Prefixes of access keys: AWS IAM User Guide, "IAM identifiers", unique ID prefixes.
    ("an access key of AWS", re.compile(r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\"private_key\"\s*:")),
    ("a connection string with a key", re.compile(r"(?i)(AccountKey|SharedAccessKey|SharedAccessSignature)\s*=")),
    ("a signed token", re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.")),  # RFC 7519: a JSON header in base64
    ("a bearer token", re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/._~-]{12,}=*")),
    ("an assignment of a password", re.compile(r"(?i)\b(password|passwd|secret_?key)\s*[=:]\s*\S")),
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+")
_WITHOUT_SCHEME = re.compile(r"(?!mailto:)[^\s/:@]+:[^\s/@]+@[^\s/]")


def names_a_credential(option: str) -> bool:
    """Whether an option of that name would hold one. `skip_signature` does not: public buckets are read so."""
    name = option.lower().replace("-", "_")
    return _NAMES.search(name) is not None and not name.endswith("skip_signature")


def credential_in(text: str) -> str:
    """What kind of credential a text seems to hold; "" for none."""
    for what, shape in _SHAPES:
        if shape.search(text):
            return what
    for found in _URL.findall(text):
        if what := _in_url(found):
            return what
    return "a user and a password" if _WITHOUT_SCHEME.match(text) else ""


def _in_url(text: str) -> str:
    try:
        url = urlsplit(text)
        password, query = url.password, parse_qsl(url.query, keep_blank_values=True)
    except ValueError:
        return ""  # whoever uses it as an address says what is wrong with it
    if password is not None:
        return "a user and a password"
    return "a signed address" if any(_SIGNED.fullmatch(key.lower()) for key, _ in query) else ""
