"""What values the inputs of a pipeline's components can have, as far as its documents tell before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.promote.model import Object

ROOT = "root"


@dataclass(frozen=True)
class Values:
    """`known` are the constants that an input can have; `open` is whether a run decides on it as well."""

    known: tuple[Any, ...] = ()
    open: bool = False

    def __add__(self, other: Values) -> Values:
        more = tuple(value for value in other.known if value not in self.known)
        return Values(self.known + more, self.open or other.open)


@dataclass(frozen=True)
class Inputs:
    """Of the pipeline `spec` (message PipelineSpec of KFP 2), run with `arguments` or its defaults."""

    spec: Object
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def places(self, label: str) -> list[str]:
        """The components in whose graphs the executor `label` has a step; "root" for the pipeline itself."""
        components = self.spec.get("components") or {}
        mine = {name for name, one in components.items() if one.get("executorLabel") == label}
        return sorted({parent for parent, task in self._tasks() if _component(task) in mine})

    def read(self, told: Any, place: str) -> Values:
        """What a message with a constant or a reference says (TaskInputsSpec.InputParameterSpec), seen from a step of
        the graph `place`. A constant with a placeholder in it is known only when the step runs."""
        if not isinstance(told, dict):
            return Values((told,)) if told not in (None, "") else Values()
        if told.get("componentInputParameter"):
            return self.of(place, str(told["componentInputParameter"]))
        if told.get("taskOutputParameter"):
            return Values(open=True)
        value = (told.get("runtimeValue") or {}).get("constant", told.get("constant"))
        if value in (None, ""):
            return Values()
        return Values(open=True) if isinstance(value, str) and "{{" in value else Values((value,))

    def of(self, component: str, name: str) -> Values:
        """The values of an input parameter of a component, or of the pipeline itself."""
        if component == ROOT:
            if name in self.arguments:
                return Values((self.arguments[name],))
            declared = _declared(self.spec.get("root") or {}, name)
            return Values((declared["defaultValue"],)) if "defaultValue" in declared else Values(open=True)
        found = Values()
        for parent, task in self._tasks():
            if _component(task) != component:
                continue
            told = ((task.get("inputs") or {}).get("parameters") or {}).get(name)
            if told is not None:
                found += self.read(told, parent)
                continue
            one = (self.spec.get("components") or {}).get(component) or {}
            declared = _declared(one, name)
            found += Values((declared["defaultValue"],)) if "defaultValue" in declared else Values(open=True)
        return found

    def _tasks(self) -> Iterator[tuple[str, Object]]:
        graphs = {ROOT: self.spec.get("root") or {}, **(self.spec.get("components") or {})}
        for name, one in graphs.items():
            for task in ((one.get("dag") or {}).get("tasks") or {}).values():
                yield name, task


def _component(task: Object) -> str:
    return str((task.get("componentRef") or {}).get("name", ""))


def _declared(component: Object, name: str) -> Object:
    return ((component.get("inputDefinitions") or {}).get("parameters") or {}).get(name) or {}
