"""The syntax of names, labels and keys, with the API server's words for what is wrong.

Rules and messages: k8s.io/apimachinery v0.34.4, pkg/util/validation/validation.go. Each function returns the list of
what is wrong with its value; an empty list means that it is right.
"""

from __future__ import annotations

import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"

_LABEL_RE = re.compile(_LABEL)
_SUBDOMAIN_RE = re.compile(_SUBDOMAIN)
_DNS1035_RE = re.compile(_DNS1035)
_QUALIFIED_RE = re.compile(_QUALIFIED)
_LABEL_VALUE_RE = re.compile(_LABEL_VALUE)
_CONFIG_KEY_RE = re.compile(_CONFIG_KEY)

_ALPHANUMERIC = "and must start and end with an alphanumeric character"


def _size(text: str) -> int:
    """Length in bytes, as Go's `len` counts."""
    return len(text) if text.isascii() else len(text.encode())


def too_long(limit: int) -> str:
    return f"must be no more than {limit} characters"


def regex_error(message: str, pattern: str, *examples: str) -> str:
    """The API server's sentence about a value that does not match; the odd comma before `regex` is its own."""
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


def qualified_name(value: str) -> list[str]:
    """A label or annotation key: `[prefix/]name`."""
    message = f"must consist of alphanumeric characters, '-', '_' or '.', {_ALPHANUMERIC}"
    shape = regex_error(message, _QUALIFIED, "MyName", "my.name", "123-abc")
    parts = value.split("/")
    if len(parts) > 2:
        return [f"a qualified name {shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    wrong = []
    if len(parts) == 2:
        if not parts[0]:
            wrong.append("prefix part must be non-empty")
        else:
            wrong += [f"prefix part {problem}" for problem in dns1123_subdomain(parts[0])]
    name = parts[-1]
    if not name:
        wrong.append("name part must be non-empty")
    elif _size(name) > 63:
        wrong.append(f"name part {too_long(63)}")
    if not _QUALIFIED_RE.fullmatch(name):
        wrong.append(f"name part {shape}")
    return wrong


def label_value(value: str) -> list[str]:
    wrong = [too_long(63)] if _size(value) > 63 else []
    if not _LABEL_VALUE_RE.fullmatch(value):
        message = (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
            f"{_ALPHANUMERIC}"
        )
        wrong.append(regex_error(message, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return wrong


def dns1123_label(value: str) -> list[str]:
    wrong = [too_long(63)] if _size(value) > 63 else []
    if not _LABEL_RE.fullmatch(value):
        if _SUBDOMAIN_RE.fullmatch(value):
            wrong.append("must not contain dots")
        else:
            message = (
                f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ALPHANUMERIC}"
            )
            wrong.append(regex_error(message, _LABEL, "my-name", "123-abc"))
    return wrong


def dns1123_subdomain(value: str) -> list[str]:
    wrong = [too_long(253)] if _size(value) > 253 else []
    if not _SUBDOMAIN_RE.fullmatch(value):
        message = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
            f"{_ALPHANUMERIC}"
        )
        wrong.append(regex_error(message, _SUBDOMAIN, "example.com"))
    return wrong


def dns1035_label(value: str) -> list[str]:
    wrong = [too_long(63)] if _size(value) > 63 else []
    if not _DNS1035_RE.fullmatch(value):
        message = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
            "start with an alphabetic character, and end with an alphanumeric character"
        )
        wrong.append(regex_error(message, _DNS1035, "my-name", "abc-123"))
    return wrong


def path_segment(value: str) -> list[str]:
    """RBAC names: anything that can be one segment of a URL path."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in value]


def port_name(value: str) -> list[str]:
    """An IANA service name of at most 15 characters."""
    wrong = [too_long(15)] if _size(value) > 15 else []
    if not re.fullmatch("[-a-z0-9]+", value):
        wrong.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        wrong.append("must contain at least one letter (a-z)")
    if "--" in value:
        wrong.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        wrong.append("must not begin or end with a hyphen")
    return wrong


def env_name(value: str) -> list[str]:
    """An environment variable's name by the relaxed rule, the default since Kubernetes 1.34."""
    if not value:
        return ["environment variable name must be non-empty"]
    if any(not " " <= character <= "~" or character == "=" for character in value):
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    return []


def config_key(value: str) -> list[str]:
    """A key of a ConfigMap or Secret: becomes a file name."""
    wrong = [too_long(253)] if _size(value) > 253 else []
    if not _CONFIG_KEY_RE.fullmatch(value):
        message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        wrong.append(regex_error(message, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if value in (".", ".."):
        wrong.append(f"must not be '{value}'")
    elif value.startswith(".."):
        wrong.append("must not start with '..'")
    return wrong
