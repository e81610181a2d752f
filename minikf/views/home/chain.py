"""Why something is not well, as a chain: from what the user sees to the root cause, and what mends that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from minikf.views.text import plain

ARROW = " ← "

# How kinds are called in a chain, where their own name says little to people.
_WORDS = {
    "Component": "",
    "PersistentVolumeClaim": "claim",
    "StorageClass": "storage class",
    "ResourceQuota": "quota",
    "MutatingWebhookConfiguration": "webhook",
    "ValidatingWebhookConfiguration": "webhook",
}
_COMMON = frozenset({"Pod", "Job", "Node", "Service", "Image", "Secret", "Namespace", "Model"})
_CONTAINER = "Container"
_LONGEST_SAID = 90


@dataclass(frozen=True)
class Link:
    """One thing that does not go on. `state` is a few words, `why` a sentence, "" where the state says it all.

    `name` is "" where what is missing has none. `trouble` is whether it will not pass by itself, as far as is known.
    """

    kind: str
    namespace: str
    name: str
    state: str
    why: str = ""
    trouble: bool = True

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def what(self) -> str:
        """`claim katib-mysql`; "" for what has no name, and for a container, whose pod is named before it."""
        word = _WORDS.get(self.kind, self.kind.lower() if self.kind in _COMMON else self.kind)
        named = self.name and self.kind != _CONTAINER
        return " ".join(part for part in (word, self.name) if part) if named else ""

    def __str__(self) -> str:
        """A container that ended with its last words, which say more than anything else."""
        said = f"{self.state}: {cut(self.why, _LONGEST_SAID)}" if self.kind == _CONTAINER and self.why else self.state
        return " ".join(part for part in (self.what, said) if part)


@dataclass(frozen=True)
class Call:
    """One call of the platform's API that mends something; `body` is JSON."""

    method: str
    path: str
    body: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True)
class Fix:
    """What mends a root cause: `title` for people, `command` as it is typed; `call` does the same at once, where one
    call is enough, and `image` is one to load into the nodes."""

    title: str
    command: str
    call: Call | None = None
    image: str = ""

    @property
    def at_once(self) -> bool:
        """Whether one key can do it; otherwise the command is for the user to complete."""
        return self.call is not None or bool(self.image)


@dataclass(frozen=True)
class Chain:
    """`links` from what was asked about to the root; at least one. `fix` mends it, None where nobody knows how."""

    links: tuple[Link, ...]
    fix: Fix | None = None

    @property
    def head(self) -> Link:
        return self.links[0]

    @property
    def root(self) -> Link:
        return self.links[-1]

    @property
    def trouble(self) -> bool:
        """Whether somebody has to do something; False for what only takes its time."""
        return self.root.trouble

    @property
    def why(self) -> str:
        """The root in a sentence."""
        return self.root.why or str(self.root)

    @property
    def show(self) -> Link:
        """What to look at: the link nearest to the root that is an object of its own."""
        return next((link for link in reversed(self.links) if link.name), self.head)

    def __str__(self) -> str:
        return self._joined([str(link) for link in self.links])

    def _joined(self, words: Sequence[str]) -> str:
        """A component that is made of others waits for them."""
        if self.head.kind != "Component" or len(words) == 1:
            return ARROW.join(words)
        return f"{self.head.name} waits for {ARROW.join(words[1:])}"

    def within(self, width: int) -> str:
        """As text of at most `width` characters: links in the middle give way first, then words."""
        for kept in range(len(self.links), 1, -1):
            text = self._joined(self._kept(kept))
            if len(text) <= width:
                return text
        text = str(self.root)
        return cut(text, width)

    def _kept(self, count: int) -> Sequence[str]:
        words = [str(link) for link in self.links]
        return words if count == len(words) else [words[0], "…", *words[len(words) - count + 1 :]]

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        fix = self.fix
        return {
            "text": str(self),
            "trouble": self.trouble,
            "why": self.why,
            "links": [asdict(link) for link in self.links],
            "fix": {"title": fix.title, "command": fix.command, "atOnce": fix.at_once} if fix else None,
            "look": {"kind": self.show.kind, "namespace": self.show.namespace, "name": self.show.name},
        }


def link(kind: str, obj: dict[str, Any], state: str, why: str = "", *, trouble: bool = True) -> Link:
    """The link of an object; its words are made safe for a terminal."""
    metadata = obj.get("metadata") or {}
    namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    return Link(kind, plain(namespace), plain(name), plain(state), sentence(why), trouble)


def sentence(text: object, longest: int = 400) -> str:
    """On one line, without what a terminal would act on, and no longer than is read with patience."""
    return cut(plain(" ".join(str(text or "").split())), longest)


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: max(0, longest - 1)]}…"
