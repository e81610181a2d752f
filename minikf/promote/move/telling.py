"""What the library says of a failure, as this program's own errors: what happened, to what, why, what to type next."""

from __future__ import annotations

import re

from minikf.errors import MinikfError
from minikf.promote.move.address import AZURE, FILE, GCS, S3, Address
from minikf.promote.move.credentials import mask
from minikf.promote.move.errors import NoBucket, NotLetIn, NotStored, StoreUnreachable

_LOGIN = {
    S3: "aws sts get-caller-identity",
    GCS: "gcloud auth application-default login",
    AZURE: "az account show",
    FILE: "ls -ld the folder",
}
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_CODE = re.compile(r"<Code>([A-Za-z.]{1,60})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,300})")
_STATUS = re.compile(r"non-2xx status code: (\d{3}[^:]*)")
_CAUSES = re.compile(r"ConnectError\(\s*\"([^\"]+)\"|message: \"([^\"]+)\"|\b(TimedOut)\b|(UnknownIssuer)")
_MOST = 300


def told(address: Address, key: str, error: Exception, secrets: tuple[str, ...]) -> MinikfError | None:
    """The error to raise; None where it only says that the object is not there."""
    text = mask(str(error), secrets)
    status = int(found[1][:3]) if (found := _STATUS.search(text)) else 0
    cause = _cause(text)
    if any(word in text for word in _NO_BUCKET):
        return NoBucket(
            f"there is no {address.place}, or not for these credentials",
            cause=cause,
            advice="make the bucket, or name another by: minikf target add NAME --store URL",
        )
    if isinstance(error, FileNotFoundError):
        return None
    where = str(Address(address.kind, address.bucket, key, address.account))
    if status in (401, 403) or isinstance(error, PermissionError) or type(error).__name__ in _NOT_LET_IN:
        return NotLetIn(
            f"{where} may not be read or written",
            cause=cause,
            advice=f"{_LOGIN[address.kind]} says who asks; the right to read and write objects there is needed",
        )
    if status == 0 or status >= 500 or status == 429:
        return (
            StoreUnreachable(
                f"{address.place} does not answer" if not status else f"{address.place} does not do its work",
                cause=cause,
                advice="look at the network and the endpoint, then: minikf promote ... --resume",
            )
            if address.kind != FILE
            else NotStored(
                f"{where} cannot be written", cause=cause, advice="df -h; look at the disk, then promote again"
            )
        )
    return NotStored(f"{where} was not taken", cause=cause, advice="look at what the store says, then promote again")


_NOT_LET_IN = ("PermissionDeniedError", "UnauthenticatedError")


def _cause(text: str) -> str:
    """A store's code and words where there are some, else the library's first sentence and the innermost reason."""
    code, message, status = _CODE.search(text), _MESSAGE.search(text), _STATUS.search(text)
    if code:
        said = f"it answers {status[1].strip()} {code[1]}" if status else code[1]
        return _plain(f"{said}: {message[1]}" if message else said)
    reasons = [next(filter(None, found)) for found in _CAUSES.findall(text)]
    first = text.partition("\n\nDebug source")[0]
    return _plain(f"{first} ({reasons[-1]})" if reasons else first)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_MOST].strip()
