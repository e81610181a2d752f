"""How people and objects name a version.

NAME                        the newest version
NAME@v3, NAME@3             by number; NAME@latest is the newest
NAME@sha256:HEX             by content; 8 digits or more, as long as they are clear
dataset://NAME@...          the same as a URI; objects that must stay true carry all 64 digits
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from minikf.datasets.errors import DatasetRefused

SCHEME = "dataset://"
LATEST = "latest"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"v?([1-9][0-9]{0,8})")
_DIGEST = re.compile(r"sha256:[0-9a-f]{8,64}")
_FULL = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Reference:
    """`version` is `latest`, `v` and a number, or `sha256:` and 8 to 64 hexadecimal digits."""

    name: str
    version: str = LATEST

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class DatasetUri:
    """The name of one version for ever. `digest` is `sha256:` and 64 hexadecimal digits."""

    name: str
    digest: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.name}@{self.digest}"


def check_name(name: str) -> str:
    """The name of a data set. Raises DatasetRefused."""
    if _NAME.fullmatch(name) and ".." not in name:
        return name
    raise DatasetRefused(
        f"{name!r} cannot name a data set",
        cause="a name has 1 to 63 of a-z, 0-9, '-' and '.', and begins and ends with a letter or digit",
        advice="minikf data add my-data PATH",
    )


def parse_reference(text: str) -> Reference:
    """Reads NAME, NAME@VERSION or the URI. Raises DatasetRefused."""
    name, at, version = text.removeprefix(SCHEME).partition("@")
    check_name(name)
    return Reference(name, parse_version(version) if at else LATEST)


def parse_version(text: str) -> str:
    """A version in the form that Reference has. Raises DatasetRefused."""
    number = _NUMBER.fullmatch(text)
    if number:
        return f"v{number[1]}"
    if text == LATEST or _DIGEST.fullmatch(text):
        return text
    raise DatasetRefused(
        f"{text!r} is no version",
        cause="a version is latest, v and a number, or sha256: and 8 to 64 lower-case hexadecimal digits",
        advice="minikf data versions NAME",
    )


def parse_uri(text: str) -> DatasetUri:
    """Reads a URI that names one version for ever. Raises DatasetRefused, also where the digest is shortened."""
    reference = parse_reference(text)
    if not text.startswith(SCHEME) or not _FULL.fullmatch(reference.version):
        raise DatasetRefused(
            f"{text!r} does not name one version for ever",
            cause=f"that is {SCHEME}NAME@sha256: and 64 hexadecimal digits",
            advice=f"minikf data show {reference}",
        )
    return DatasetUri(reference.name, reference.version)
