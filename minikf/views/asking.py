"""What can be asked of a platform, and what can be done to it, as values: the terminal UI's feed runs them in threads,
commands run them where they stand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from minikf.spec import Access

if TYPE_CHECKING:
    from minikf.engine.protocol import Steps
    from minikf.kube.rest import RestClient

T_co = TypeVar("T_co", covariant=True)
TIMEOUT_SECONDS = 10.0

# What asks is imported when something is asked: the terminal UI is on the screen before that.


@dataclass(frozen=True)
class Reach:
    """A platform as it can be reached now: one that was made again has another address and credential."""

    platform: str

    def access(self) -> Access:
        """Raises Unreachable with the cause where the platform does not run."""
        from minikf.status import access

        return access(self.platform)

    def client(self, timeout: float = TIMEOUT_SECONDS) -> RestClient:
        """`timeout` in seconds. Raises Unreachable."""
        from minikf.kube.rest import RestClient

        return RestClient(self.access(), timeout)


class Question(ABC, Generic[T_co]):
    """One call and its answer. Subclasses are frozen dataclasses: equal ones are the same question.

    `changes` is whether it changes something on the platform or on this machine; read-only mode refuses it then.
    """

    changes: ClassVar[bool] = False

    @abstractmethod
    def answer(self, reach: Reach) -> T_co:
        """Takes as long as it takes. Raises MinikfError."""


class Work(ABC):
    """Long work that tells its steps. Subclasses are frozen dataclasses; all work changes something."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Such as `Enable katib`."""

    @abstractmethod
    def steps(self, reach: Reach) -> Steps[Any]:
        """Raises MinikfError, after the step that failed was told."""
