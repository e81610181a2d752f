"""What of a platform on a cluster is carried to this machine: all that was installed, and what users make there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from minikf.engine import forwarding
from minikf.kube.forward.targets import Target
from minikf.paths import PlatformPaths
from minikf.spec import Access


def carry_installed(access: Access) -> Access:
    """The access with the addresses of what the platform has of its bundle now; as it is where it has nothing.

    Raises Unreachable where the port-forward does not start, and Refused where what was chosen cannot be read.
    """
    paths = PlatformPaths.of(access.platform)
    if not paths.choice_file.exists():
        return access
    from minikf.install.choice import read, selected
    from minikf.install.doors import targets

    choice = read(paths)
    if choice is None:
        return access
    return carry_also(access, targets(selected(choice)), lambda name: "/" not in name)


def carry_also(access: Access, targets: Sequence[Target], replaced: Callable[[str], bool]) -> Access:
    """The access with the addresses of these beside all others, in place of those whose name is to be `replaced`."""
    paths = PlatformPaths.of(access.platform)
    before = forwarding.addresses_now(paths)
    forwarding.carry_also(paths, access, targets, replaced)
    own = {name: address for name, address in access.endpoints.items() if name not in before}
    return forwarding.reached(replace(access, endpoints=own))
