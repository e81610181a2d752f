"""Steps called as functions on files, as KFP's executor calls them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kfp import dsl

A = TypeVar("A", bound=dsl.Artifact)


@dataclass
class Workbench:
    """Makes artifacts below a folder, and tables out of frames."""

    folder: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def new(self, kind: type[A]) -> A:
        path = self.folder / f"step-{next(self._numbers)}" / "artifact"
        return kind(name="artifact", uri=str(path), metadata={})

    def table(self, frame: Any) -> dsl.Dataset:
        made = self.new(dsl.Dataset)
        Path(made.path).parent.mkdir(parents=True)
        frame.to_csv(made.path, index=False)
        return made

    @staticmethod
    def call(step: Any, **arguments: Any) -> Any:
        function: Callable[..., Any] = step.python_func
        return function(**arguments)
