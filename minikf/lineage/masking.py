"""Keeps secrets out of what is shown: values of Secrets, and what looks like a credential. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minikf.lineage.graph import Edge, Graph, Node

if TYPE_CHECKING:
    from minikf.promote.secrets import Secret

MASK = "***"
_NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token$|api[_-]?key|credential|private[_-]?key|access[_-]?key|"
    r"auth(orization)?$|connection[_-]?string",
    re.IGNORECASE,
)
# user:password@ in an address (a name@sha256:digest is none), and query parameters by which object stores sign
# addresses.
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+(?=@)(?!@sha256:[0-9a-f]{64}\b)")
_SIGNED = re.compile(
    r"(?<=[?&])((?:X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|Signature|sig|token"
    r"|access_token|api_?key|key|password|AWSAccessKeyId|GoogleAccessId)=)[^&\s#]+",
    re.IGNORECASE,
)
# Well-known shapes: AWS, GitHub, Hugging Face, Slack, Google and OpenAI keys, JSON Web Tokens, private keys.
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bhf_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[0-9A-Za-z_-]{30,}|\bsk-[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)


def masked(graph: Graph, secrets: Iterable[Secret] = ()) -> Graph:
    """The graph with every secret replaced; ids of nodes and edges agree as before."""
    known = tuple(secrets)

    def text(value: str) -> str:
        return _text(value, known)

    nodes = {
        text(node.id): Node(text(node.id), node.kind, text(node.name), _value(dict(node.facts), "", known))
        for node in graph.nodes.values()
    }
    edges = tuple(Edge(text(edge.source), text(edge.target), text(edge.role)) for edge in graph.edges)
    return Graph(tuple(text(one) for one in graph.focus), nodes, edges, tuple(text(one) for one in graph.notes))


def without_credentials(said: Any) -> Any:
    """A JSON value with what is named or looks like a credential replaced."""
    return _value(said, "", ())


def _value(value: Any, key: str, secrets: tuple[Secret, ...]) -> Any:
    if isinstance(value, dict):
        return {_text(name, secrets): _value(one, name, secrets) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_value(one, key, secrets) for one in value]
    if _NAMES.search(key) and value not in ("", None):
        return MASK
    if isinstance(value, str):
        return _text(value, secrets)
    # A PIN is a secret as well: a number that is a Secret's whole value.
    return MASK if not isinstance(value, bool) and str(value) in {one.value for one in secrets} else value


def _text(value: str, secrets: tuple[Secret, ...]) -> str:
    for secret in secrets:
        if secret.distinct:
            for form in secret.forms:
                value = value.replace(form, MASK)
        elif value == secret.value:
            return MASK
    value = _SHAPES.sub(MASK, value)
    value = _USER_INFO.sub(MASK, value)
    return _SIGNED.sub(lambda match: match[1] + MASK, value)
