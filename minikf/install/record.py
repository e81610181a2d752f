"""What is known of one object that we applied: the line of the journal and of the inventory."""

from __future__ import annotations

import json
from dataclasses import dataclass

from minikf.install.objects import Id
from minikf.kube.apply import Ref


@dataclass(frozen=True)
class Record:
    """`hash` is of the text that was applied and `owned` of the fields that are ours by it, both "" for what is only
    planned. `adopted` says that the object was there before us: it is never removed."""

    component: str
    api_version: str
    kind: str
    namespace: str
    name: str
    adopted: bool
    uid: str = ""
    hash: str = ""
    owned: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.api_version, self.kind, self.namespace, self.name)

    @property
    def id(self) -> Id:
        return self.ref.id

    @property
    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(vars(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def of(cls, line: str) -> Record:
        """Raises ValueError for what is no such line, or only the beginning of one."""
        found = json.loads(line)
        try:
            return cls(**found)
        except TypeError as error:
            raise ValueError(str(error)) from error
