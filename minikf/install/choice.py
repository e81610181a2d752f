"""What a platform has of a bundle, as its user chose it; written down so that the next `up` needs no options."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from minikf.bundle import shelf
from minikf.bundle.model import Selection
from minikf.bundle.selection import select
from minikf.errors import Refused
from minikf.files import write_private
from minikf.paths import PlatformPaths


@dataclass(frozen=True)
class Choice:
    """`bundle` is `NAME@VERSION` or a folder; `add` are components beyond the profile's, `remove` those left out."""

    bundle: str
    profile: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def enabling(self, component: str) -> Choice:
        return replace(
            self,
            add=tuple(sorted({*self.add, component})),
            remove=tuple(one for one in self.remove if one != component),
        )

    def disabling(self, component: str, of_profile: bool) -> Choice:
        """`of_profile` is whether the profile itself has it: then it has to be remembered as removed."""
        return replace(
            self,
            add=tuple(one for one in self.add if one != component),
            remove=tuple(sorted({*self.remove, component})) if of_profile else self.remove,
        )

    def write(self, paths: PlatformPaths) -> Choice:
        write_private(paths.choice_file, json.dumps(asdict(self), indent=2) + "\n")
        return self


def read(paths: PlatformPaths) -> Choice | None:
    """None where the platform has nothing of a bundle. Raises Refused for a file that is none of ours."""
    file = paths.choice_file
    try:
        found = json.loads(file.read_text())
        return Choice(str(found["bundle"]), str(found["profile"]), tuple(found["add"]), tuple(found["remove"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{file} cannot be read, so it is not known what platform '{paths.name}' has of the bundle",
            cause=str(error),
            advice=f"remove it, and choose again: minikf up --platform {paths.name} --profile lite",
        ) from error


def selected(choice: Choice) -> Selection:
    """The components that were chosen, of their bundle. Raises as `shelf.bundle` and `select`."""
    return select(shelf.bundle(choice.bundle), choice.profile, choice.add, choice.remove)


def forget(paths: PlatformPaths) -> None:
    """Also the platform's folder, where that is all that it held."""
    paths.choice_file.unlink(missing_ok=True)
    with suppress(OSError):  # there is more in it, or it was never made
        paths.state.rmdir()
