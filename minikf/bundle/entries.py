"""The entries of `bundle.yaml`, read strictly: components, profiles and the sources that their paths begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from minikf.bundle.marked import Marked, near
from minikf.bundle.model import LITE, STANDARD, VARIANTS, Chart, Component, Interface, Licence, Profile, Shape
from minikf.bundle.origin import Origin

_SOURCE = ("repo", "ref")
_COMPONENT = (
    "id", "title", "group", "does", "licence", *VARIANTS, "needs", "needs_lite", "ready", "test", "ui", "locked",
    "why_not",
)  # fmt: skip
_NEEDED = ("id", "title", "group", "does", "licence")
_SHAPE = ("paths", "charts", "patches", "leave_out")
_CHART = ("archive", "release", "namespace", "values", "sha256")
_LICENCE = ("spdx", "source", "free")
_INTERFACE = ("service", "namespace", "port", "path")
_PROFILE = ("does", "variant", "components")

_ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PATCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OBJECT = re.compile(r"[A-Z][A-Za-z0-9]*(/[a-z0-9.-]*)?/[a-zA-Z0-9.:-]+")
_SPDX = re.compile(r"[A-Za-z0-9.+() -]+")


def sources(part: Marked | None) -> dict[str, Origin]:
    """The roots of pinned repositories by the name that a bundle has for them."""
    found = {}
    for name, value in part.pairs() if part is not None else ():
        _id(name)
        fields = value.fields(_SOURCE, _SOURCE)
        try:
            found[name.text()] = Origin(fields["repo"].text(), fields["ref"].text())
        except ValueError as error:
            raise value.refused(str(error)) from error
    return found


def component(part: Marked, roots: Mapping[str, Origin]) -> Component:
    """One entry below `components`."""
    fields = part.fields(_COMPONENT, _NEEDED)
    name = _id(fields["id"])
    locked = fields["locked"].flag() if "locked" in fields else True
    why_not = _text(fields, "why_not")
    if locked and why_not:
        raise fields["why_not"].refused(f"'{name}' is locked and says why it is not", advice="add `locked: false`")
    if not locked and not why_not:
        raise fields["locked"].refused(f"'{name}' is not locked, and does not say why", advice="add `why_not: ...`")
    shapes = {variant: _shape(fields[variant], roots) for variant in VARIANTS if variant in fields}
    if locked and not shapes:
        raise part.refused(f"'{name}' is locked, and has no files: neither {STANDARD} nor {LITE}")
    return Component(
        id=name,
        title=_text(fields, "title"),
        does=_text(fields, "does"),
        group=_text(fields, "group"),
        licence=_licence(fields["licence"]),
        shapes=shapes,
        needs=_texts(fields, "needs"),
        needs_lite=_texts(fields, "needs_lite") if "needs_lite" in fields else None,
        ready=_objects(fields.get("ready")),
        test=_text(fields, "test"),
        ui=_interface(fields["ui"]) if "ui" in fields else None,
        locked=locked,
        why_not=why_not,
    )


def needs(part: Marked, found: Component, known: Mapping[str, Component]) -> None:
    """Raises where a component of a bundle needs one that the bundle does not have."""
    fields = {key.text(): value for key, value in part.pairs()}
    for field in ("needs", "needs_lite"):
        for item in fields[field].items() if field in fields else ():
            if item.text() not in known:
                raise item.refused(
                    f"'{found.id}' needs '{item.text()}', which is no component", advice=near(item.text(), known)
                )


def profile(name: Marked, part: Marked, known: Mapping[str, Component]) -> Profile:
    """One entry below `profiles`."""
    fields = part.fields(_PROFILE, _PROFILE)
    variant = fields["variant"].text()
    if variant not in VARIANTS:
        raise fields["variant"].refused(f"there is no variant '{variant}'", advice=near(variant, VARIANTS))
    for item in fields["components"].items():
        if (found := known.get(item.text())) is None:
            raise item.refused(f"'{item.text()}' is no component", advice=near(item.text(), known))
        if not found.has(variant):
            raise item.refused(
                f"'{found.id}' has no shape for the profile's variant {variant}",
                cause=found.why_not,
                advice=f"give it one, or take it out of the profile '{name.text()}'",
            )
        if not found.licence.free:
            raise item.refused(
                f"'{found.id}' is under {found.licence.spdx}, and so in no profile",
                advice="take it out: users enable it themselves and accept its licence",
            )
    return Profile(_id(name), fields["does"].text(), variant, fields["components"].texts())


def _shape(part: Marked, roots: Mapping[str, Origin]) -> Shape:
    fields = part.fields(_SHAPE)
    origins = tuple(_path(item, roots) for item in fields["paths"].items()) if "paths" in fields else ()
    if "paths" in fields and not origins:
        raise fields["paths"].refused("there is no path in this list", advice="name one, or leave the field out")
    if len(set(origins)) != len(origins):
        raise fields["paths"].refused("a path stands here twice")
    charts = tuple(_chart(item, roots) for item in fields["charts"].items()) if "charts" in fields else ()
    if not origins and not charts and not ("patches" in fields and fields["patches"].items()):
        raise part.refused("a shape has at least one of paths, charts and patches", cause="it would have no objects")
    for item in fields["patches"].items() if "patches" in fields else ():
        _ours(item, "a patch")
    return Shape(origins, _texts(fields, "patches"), _objects(fields.get("leave_out")), charts)


def _chart(part: Marked, roots: Mapping[str, Origin]) -> Chart:
    fields = part.fields(_CHART, ("archive", "release", "namespace"))
    archive = _path(fields["archive"], roots)
    if not archive.path.endswith(".tgz"):
        raise fields["archive"].refused(
            f"'{fields['archive'].text()}' is no packaged chart", cause="`helm package` makes a file that ends in .tgz"
        )
    if "values" in fields:
        _ours(fields["values"], "a file of values")
    sha256 = _text(fields, "sha256")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise fields["sha256"].refused(f"'{sha256}' is no sha256 in hexadecimal digits")
    return Chart(archive, _id(fields["release"]), _id(fields["namespace"]), _text(fields, "values"), sha256)


def _ours(item: Marked, what: str) -> None:
    """Raises for what cannot be a file of ours."""
    if not _PATCH.fullmatch(item.text()):
        raise item.refused(f"'{item.text()}' is no name of {what}: a file that ends in .yaml, without folders")


def _path(item: Marked, roots: Mapping[str, Origin]) -> Origin:
    """`SOURCE/PATH`."""
    source, _, path = item.text().partition("/")
    if source not in roots:
        raise item.refused(f"'{source}' is none of the sources", advice=near(source, roots) if roots else "")
    try:
        return Origin(roots[source].repo, roots[source].ref, path)
    except ValueError as error:
        raise item.refused(str(error), cause="a path leads down from its source, as SOURCE/folder/folder") from error


def _objects(part: Marked | None) -> tuple[str, ...]:
    for item in part.items() if part is not None else ():
        if not _OBJECT.fullmatch(item.text()):
            raise item.refused(f"'{item.text()}' names no object: Kind/namespace/name, or Kind/name")
    return part.texts() if part is not None else ()


def _licence(part: Marked) -> Licence:
    fields = part.fields(_LICENCE, ("spdx", "source"))
    if not _SPDX.fullmatch(fields["spdx"].text()):
        raise fields["spdx"].refused(f"'{fields['spdx'].text()}' is no SPDX identifier")
    return Licence(fields["spdx"].text(), _text(fields, "source"), fields["free"].flag() if "free" in fields else True)


def _interface(part: Marked) -> Interface:
    fields = part.fields(_INTERFACE, ("service", "namespace", "port"))
    port = fields["port"].number()
    if not 0 < port < 65536:
        raise fields["port"].refused(f"{port} is no port")
    path = _text(fields, "path") or "/"
    if not path.startswith("/"):
        raise fields["path"].refused("the path of a page begins with /")
    return Interface(fields["service"].text(), fields["namespace"].text(), port, path)


def _id(part: Marked) -> str:
    if not _ID.fullmatch(part.text()):
        raise part.refused(f"'{part.text()}' is no id", cause="an id has a-z, 0-9 and '-' between its ends")
    return part.text()


def _text(fields: Mapping[str, Marked], name: str) -> str:
    """ "" where the field is not there. Raises for an empty one."""
    if name not in fields:
        return ""
    text = " ".join(fields[name].text().split())
    if not text:
        raise fields[name].refused(f"the field '{name}' is empty")
    return text


def _texts(fields: Mapping[str, Marked], name: str) -> tuple[str, ...]:
    return fields[name].texts() if name in fields else ()
