"""Reads a bundle: `bundle.yaml` and the patches beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources.abc import Traversable

from minikf.bundle import entries
from minikf.bundle.marked import Marked, document, near
from minikf.bundle.model import VARIANTS, Bundle, Component, Profile
from minikf.bundle.selection import ordered
from minikf.errors import Refused

FILE = "bundle.yaml"
PATCHES = "patches"
_RELEASE = re.compile(r"\d+\.\d+\.\d+")
_FIELDS = ("bundle", "version", "upgrades_from", "kubernetes", "sources", "profiles", "components")


def read(folder: Traversable, shared: Traversable | None = None) -> Bundle:
    """The bundle in `folder`. Patches are files of `folder/patches`, else of `shared/patches`.

    Raises BundleInvalid with file and line for all that is not as docs/bundle.md says, and Refused where there is no
    bundle.
    """
    file = folder / FILE
    where = shown(file)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refused(
            f"{where} cannot be read",
            cause=error.strerror or str(error),
            advice="name a folder that holds bundle.yaml: minikf bundle list --bundle FOLDER",
        ) from error
    root = document(data, where)
    fields = root.fields(_FIELDS, ("bundle", "version", "components"))
    components, marks = _components(fields)
    bundle = Bundle(
        name=fields["bundle"].text(),
        version=fields["version"].text(),
        components=components,
        profiles=_profiles(fields.get("profiles"), components),
        upgrades_from=fields["upgrades_from"].text() if "upgrades_from" in fields else "",
        kubernetes=_kubernetes(fields, components),
        folder=folder,
        patches=_patches(components, marks, [one / PATCHES for one in (folder, shared) if one is not None]),
    )
    _check_edges(bundle, fields)
    return bundle


def _kubernetes(fields: dict[str, Marked], components: dict[str, Component]) -> str:
    """The version that charts are rendered for. Raises where there are charts and none is said."""
    if "kubernetes" in fields:
        found = fields["kubernetes"].text()
        if not _RELEASE.fullmatch(found):
            raise fields["kubernetes"].refused(f"'{found}' is no release of Kubernetes", advice='as in "1.34.4"')
        return found
    for one in components.values():
        if any(shape.charts for shape in one.shapes.values()):
            raise fields["components"].refused(
                f"'{one.id}' has a chart, and the bundle does not say for which Kubernetes it is rendered",
                cause="charts may render other objects for other versions",
                advice='add `kubernetes: "1.34.4"` above `sources`',
            )
    return ""


def _components(fields: dict[str, Marked]) -> tuple[dict[str, Component], dict[str, Marked]]:
    roots = entries.sources(fields.get("sources"))
    found: dict[str, Component] = {}
    marks: dict[str, Marked] = {}
    for part in fields["components"].items():
        one = entries.component(part, roots)
        if one.id in found:
            raise part.refused(f"there are two components '{one.id}'", advice="give one of them another id")
        found[one.id], marks[one.id] = one, part
    for name, part in marks.items():
        entries.needs(part, found[name], found)
    return found, marks


def _profiles(part: Marked | None, components: dict[str, Component]) -> dict[str, Profile]:
    found: dict[str, Profile] = {}
    for name, value in part.pairs() if part is not None else ():
        found[name.text()] = entries.profile(name, value, components)
    return found


def _check_edges(bundle: Bundle, fields: dict[str, Marked]) -> None:
    """Raises for a cycle, and for a profile that needs what it cannot have."""
    for variant in VARIANTS:
        try:
            ordered(bundle, bundle.components, variant)
        except Refused as error:
            raise fields["components"].refused(error.message, cause=error.cause, advice=error.advice) from error
    for name, value in fields["profiles"].pairs() if "profiles" in fields else ():
        profile = bundle.profiles[name.text()]
        for one in ordered(bundle, profile.components, profile.variant):
            if not one.has(profile.variant) or not one.licence.free:
                why = one.why_not or f"it is under {one.licence.spdx}"
                raise value.refused(
                    f"the profile '{profile.name}' needs '{one.id}', which no profile can have",
                    cause=why,
                    advice=f"take out what needs it: {_needing(bundle, one.id, profile)}",
                )


def _needing(bundle: Bundle, needed: str, profile: Profile) -> str:
    all_of_it = ordered(bundle, profile.components, profile.variant)
    return ", ".join(one.id for one in all_of_it if needed in one.needs_of(profile.variant))


def _patches(
    components: dict[str, Component], marks: dict[str, Marked], folders: Iterable[Traversable]
) -> dict[str, Traversable]:
    """Every file of ours that a shape names, by its name."""
    there = {file.name: file for folder in reversed(list(folders)) for file in _files(folder)}
    found = {}
    for one in components.values():
        for variant, shape in one.shapes.items():
            for name in shape.ours:
                if name not in there:
                    what = "patch" if name in shape.patches else "values"
                    raise marks[one.id].refused(
                        f"'{one.id}' has the {what} '{name}' in {variant}, and there is no such file",
                        cause=f"such files are in the folder {PATCHES}",
                        advice=near(name, there) if there else f"make {PATCHES}/{name}",
                    )
                found[name] = there[name]
    return found


def _files(folder: Traversable) -> list[Traversable]:
    return sorted((one for one in folder.iterdir() if one.is_file()), key=str) if folder.is_dir() else []


def shown(file: Traversable) -> str:
    """A file as messages name it: those that come with MiniKF from `bundles/` on."""
    text = str(file)
    before, found, after = text.rpartition("/bundles/")
    return f"bundles/{after}" if found and before.endswith(("minikf", "/minikf")) else text
