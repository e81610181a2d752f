"""What can be wrong with a pipeline, for the REST API and the command line to word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class PipelineError(Exception):
    """The document, or what it asks for, cannot be run here. `where` is a path in the document, "" for the whole.

    `advice` is what to do next, e.g. the engines that could run it.
    """

    message: str
    where: str = ""
    advice: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f" ({self.advice})" if self.advice else "")
