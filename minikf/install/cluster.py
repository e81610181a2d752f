"""The cluster that is installed on: how it is asked, and what of the bundle's kinds it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from minikf.commands import command
from minikf.errors import Unreachable
from minikf.install.objects import Id
from minikf.kube.apply import MANAGER, Calls, Discovery, NoAnswer, Resource
from minikf.kube.apply.starting import passing
from minikf.kube.apply.survey import Seen, survey
from minikf.kube.rest import ApiAnswer
from minikf.spec import Access

_T = TypeVar("_T")
_AGAIN_SECONDS = 0.5
_AT_ONCE = 4


class Cluster:
    """By one way in. Where the API does not answer it is asked again for `patience` seconds.

    `manager` is the field manager of what is applied. With `namespaces` nothing outside of them is ever listed or
    watched, as for a user who has rights there only.
    """

    def __init__(
        self, access: Access, patience: float, *, manager: str = MANAGER, namespaces: Iterable[str] = ()
    ) -> None:
        """Raises Unreachable, or ApiAnswer where it does not say what it serves."""
        self.access, self._patience = access, patience
        self.manager, self.namespaces = manager, tuple(sorted(set(namespaces)))
        self.calls = Calls(access)
        self.discovery = Discovery(self.calls)
        self.insist(self.discovery.refresh)

    @property
    def kubectl(self) -> str:
        """The beginning of a command for this cluster."""
        return f"kubectl --kubeconfig '{self.access.kubeconfig}'"

    def insist(self, ask: Callable[[], _T]) -> _T:
        """What `ask` returns as soon as the API answers. Raises Unreachable when it has not for too long, and ApiAnswer
        for a refusal that no waiting helps against."""
        end = time.monotonic() + self._patience
        while True:
            try:
                return ask()
            except ApiAnswer as answer:
                if time.monotonic() > end or not passing(self.calls, answer):
                    raise
                time.sleep(_AGAIN_SECONDS)
            except NoAnswer as why:
                if time.monotonic() > end:
                    raise Unreachable(
                        f"the API of platform '{self.access.platform}' has not answered for {self._patience:.0f} s",
                        cause=f"{self.access.server}: {why}",
                        advice=command("up", self.access.platform),
                    ) from why
                time.sleep(_AGAIN_SECONDS)

    def uid(self) -> str:
        """What tells this cluster from any other: of a namespace that is made with it and cannot be deleted."""
        namespaces = self.survey([("v1", "Namespace")])
        return next((one.uid for id, one in namespaces.items() if id[3] == "kube-system"), "")

    def survey(self, kinds: Iterable[tuple[str, str]]) -> dict[Id, Seen]:
        """All objects of these kinds (apiVersion and kind). One that is not served has none."""
        resources = {one for version, kind in kinds if (one := self.discovery.find(version, kind)) is not None}

        def ask(where: tuple[Resource, str]) -> list[Seen]:
            return self.insist(lambda: list(survey(self.calls, where[0], self.manager, where[1])))

        asked = [(one, namespace) for one in resources for namespace in self.within(one)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return {one.id: one for found in pool.map(ask, asked) for one in found}

    def within(self, resource: Resource) -> tuple[str, ...]:
        """The namespaces in which objects of that kind are looked for, "" for everywhere."""
        return self.namespaces if self.namespaces and resource.namespaced else ("",)
