"""Makes the outcomes of one side comparable.

What differs by nature becomes a placeholder that keeps equality and order:
- an object's `resourceVersion` becomes its rank among all that the case saw on this side: `<rv 3>` was written before
  `<rv 4>`, and two equal ones stay equal; a list's becomes `<list rv>` when it is not below any of its items;
- a `uid` becomes `<uid 1>`, `<uid 2>` in order of appearance, everywhere it is mentioned;
- a name that the server made from `generateName` becomes `<name 1>`, one that it made of nothing `<random name>`;
- a time becomes `<time>` or `<micro time>`, unless it is a fixed one that the case itself wrote (before 2010);
- entries of `managedFields` are put in one order: the server sorts by time, and a second may pass between two steps;
- causes of an Invalid answer are put in one order: the server finds some of them in the order of a Go map;
- the resources of a discovery list are put in one order: the server lists them as their CRDs were established;
- ages, the server's address, temporary paths and continue tokens get fixed words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from .case import Case
from .server import Server

_TIME = re.compile(r"\b20[1-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_AGE = re.compile(r"(?<=\s)(\d+d)?(\d+h)?(\d+m)?(\d+s)?(?=\s|$)")
_ONE_AGE = re.compile(r"(\d+d)?(\d+h)?(\d+m)?\d+[smhd]")
_LONG = 20_000  # characters; a longer text is compared by its length and hash, and no pattern searches it
_TEXTS = (
    (re.compile(r"([Rr]esourceVersion in (?:precondition|object meta): )\d+"), r"\1<rv>"),
    (re.compile(r"(too old resource version: \d+) \(\d+\)"), r"\1 (<rv>)"),
    (re.compile(r"(Too large resource version: \d+, current: )\d+"), r"\1<rv>"),
    (re.compile(r"/\S*/(LIVE|MERGED)-\d+/"), r"<\1>/"),
    (re.compile(r"^((?:---|\+\+\+) <(?:LIVE|MERGED)>/\S+)\t.*$", re.M), r"\1"),
    (re.compile(r'(\\?"resourceVersion\\?":\\?")\d+'), r"\1<rv>"),
    (
        re.compile(
            r"(ResourceVersion in the precondition \()\d+(\) does not match the ResourceVersion in record \()\d+"
        ),
        r"\1<rv>\2<rv>",
    ),
    (re.compile(r"(?m)^([+ -]  +resourceVersion: )\S+$"), r"\1<rv>"),
    (re.compile(r"(?m)^(  Resource Version: +)\d+$"), r"\1<rv>"),
    (re.compile(r"(?m)^([+-]  uid: )[0-9a-f-]{36}$"), r"\1<uid>"),
    # After uids have become `<uid 1>`: what is left is a name; uids that a case writes itself are not of version 4.
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<random name>"),
    (re.compile(r"/\S*/kubectl-edit-\d+\.yaml"), "<edited file>"),
)


class Normaliser:
    """Collects the names of one side over a whole case, then rewrites its outcomes."""

    def __init__(self, server: Server, case: Case, outcomes: list[dict[str, Any]]) -> None:
        self._server = server
        self._outcomes = outcomes
        self._texts: dict[str, str] = {}
        uids: dict[str, None] = {}
        made: dict[str, None] = {}
        versions: set[int] = set()
        for meta in _metadata(outcomes):
            if isinstance(uid := meta.get("uid"), str) and uid:
                uids[uid] = None
            if meta.get("name") and str(meta.get("resourceVersion", "")).isdigit():
                versions.add(int(meta["resourceVersion"]))
            prefix = meta.get("generateName")
            name = meta.get("name")
            if isinstance(prefix, str) and prefix and isinstance(name, str) and name.startswith(prefix):
                made[name] = None
        self._ranks = {version: f"<rv {rank}>" for rank, version in enumerate(sorted(versions), 1)}
        self._texts |= {uid: f"<uid {number}>" for number, uid in enumerate(uids, 1)}
        self._texts |= {name: f"<name {number}>" for number, name in enumerate(made, 1)}
        self._generated = [_generated(prefix) for prefix in _prefixes(case.steps)]
        self._texts |= {server.url: "<server>", server.url.removeprefix("https://"): "<server>"}

    def outcomes(self) -> list[Any]:
        return [self._tree(outcome) for outcome in self._outcomes]

    def _tree(self, value: Any) -> Any:
        if isinstance(value, dict):
            out = {self._text(key): self._tree(item) for key, item in value.items()}
            if isinstance(meta := value.get("metadata"), dict):
                out["metadata"] = self._meta(value, meta, out["metadata"])
            if value.get("kind") == "Status":
                _sort_causes(out)
            if isinstance(out.get("cells"), list):
                out["cells"] = ["<age>" if _ONE_AGE.fullmatch(str(cell)) else cell for cell in out["cells"]]
            if value.get("kind") == "APIResourceList" and isinstance(out.get("resources"), list):
                out["resources"] = sorted(out["resources"], key=lambda one: str(one.get("name")))
            for key in ("stdout", "stderr"):
                if isinstance(out.get(key), str):
                    out[key] = _lines(out[key])
            return out
        if isinstance(value, list):
            return [self._tree(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _meta(self, owner: dict[str, Any], meta: dict[str, Any], out: dict[str, Any]) -> dict[str, Any]:
        version = str(meta.get("resourceVersion", ""))
        if version.isdigit():
            if meta.get("name"):
                out["resourceVersion"] = self._ranks[int(version)]
            elif all(int(version) >= below for below in _item_versions(owner)):
                out["resourceVersion"] = "<list rv>"
        if meta.get("continue"):
            out["continue"] = "<continue>"
        if isinstance(out.get("managedFields"), list):
            out["managedFields"] = sorted(out["managedFields"], key=_entry_order)
        return out

    def _text(self, text: str) -> str:
        if len(text) > _LONG:
            return f"<{len(text)} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}>"
        for old, new in self._texts.items():
            text = text.replace(old, new)
        text = _TIME.sub(lambda found: "<micro time>" if found[1] else "<time>", text)
        for pattern, new in (*_TEXTS, *self._generated):
            text = pattern.sub(new, text)
        return text


def _prefixes(steps: Any) -> Iterator[str]:
    """Every generateName that the case sends."""
    for step in steps:
        for meta in _metadata([getattr(step, "body", None), getattr(step, "stdin", None)]):
            if isinstance(prefix := meta.get("generateName"), str):
                yield prefix


def _generated(prefix: str) -> tuple[re.Pattern[str], str]:
    """Finds a name made from the prefix in a message: 58 characters of it and five of the server's choice."""
    return re.compile(re.escape(prefix[:58]) + "[bcdfghjklmnpqrstvwxz2456789]{5}\\b"), f"{prefix[:58]}<five>"


def _metadata(tree: Any) -> Iterator[dict[str, Any]]:
    """Every `metadata` map in the outcomes, in order of appearance."""
    if isinstance(tree, dict):
        if isinstance(meta := tree.get("metadata"), dict):
            yield meta
        for item in tree.values():
            yield from _metadata(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _metadata(item)


def _item_versions(owner: dict[str, Any]) -> Iterator[int]:
    for item in (*(owner.get("items") or ()), *(row.get("object") or {} for row in owner.get("rows") or ())):
        version = str((item.get("metadata") or {}).get("resourceVersion", ""))
        if version.isdigit():
            yield int(version)


def _sort_causes(status: dict[str, Any]) -> None:
    """Puts causes in one order, and the text that lists them all into one form."""
    causes = (status.get("details") or {}).get("causes") if isinstance(status.get("details"), dict) else None
    if not isinstance(causes, list) or len(causes) < 2:
        return
    causes.sort(key=lambda cause: (str(cause.get("field")), str(cause.get("message"))))
    head, bracket, listed = str(status.get("message")).partition(": [")
    if bracket and listed.endswith("]") and all(str(cause.get("message")) in listed for cause in causes):
        status["message"] = f"{head}: [<the causes>]"


def _entry_order(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(entry.get(key, "")) for key in ("manager", "operation", "apiVersion", "subresource"))


def _lines(text: str) -> list[str]:
    """Lines of what a person reads; ages become `<age>`, and where they were, runs of blanks count as one."""
    lines = text.splitlines()
    if not any(re.search(r"\bAGE\b", line) for line in lines):
        return lines
    return [re.sub(r" {2,}", "  ", _AGE.sub(lambda m: "<age>" if m[0] else "", line)).rstrip() for line in lines]
