"""The examples that `minikf demo` can run: each is one file, packaged as it is in the checkout's examples/."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass

from minikf.errors import UsageError


@dataclass(frozen=True)
class Example:
    """`file` is its packaged name and `look` the kinds of objects that it leaves behind."""

    name: str
    title: str
    file: str
    source: str
    look: str

    @property
    def script(self) -> str:
        """The program's text."""
        return importlib.resources.files("minikf.demo").joinpath(self.file).read_text()


EXAMPLES = (
    Example(
        "journey",
        "data to a served model that is watched, as one pipeline",
        "journey.txt",
        "examples/journey/journey.py",
        "experiments,trials,inferenceservices,pods",
    ),
    Example(
        "first-model",
        "train, register, serve and query, step by step",
        "first_model.txt",
        "examples/first-model/first_model.py",
        "trainjobs,inferenceservices,pods",
    ),
)
NAMES = tuple(example.name for example in EXAMPLES)


def find(name: str) -> Example:
    """The example of that name. Raises UsageError, which lists them."""
    for example in EXAMPLES:
        if example.name == name:
            return example
    raise UsageError(f"there is no demo '{name}'", cause=f"there are: {', '.join(NAMES)}", advice="minikf demo --help")
