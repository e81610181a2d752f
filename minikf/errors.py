"""Every failure a user can meet, as data: what happened, to which object, why, and what to type next.

Errors are raised anywhere and rendered in one place only, `minikf.cli.render`.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the whole program; stable, documented in docs/exit-codes.md."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    PREFLIGHT_FAILED = 3
    APPLY_FAILED = 4
    VERIFY_FAILED = 5
    ROLLBACK_INCOMPLETE = 6
    OWNERSHIP_CONFLICT = 7
    DIFFERENCES = 8
    WORK_FAILED = 9
    REFUSED = 10
    NO_PROGRESS = 11
    UNREACHABLE = 12
    INTERRUPTED = 130
    TERMINATED = 143


class MinikfError(Exception):
    """A failure with its cause and its cure.

    `message` says what happened and to which object; `cause` says why; `advice` is the next command to type.
    """

    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, cause: str = "", advice: str = "", url: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.advice = advice
        self.url = url

    @property
    def code(self) -> str:
        """The error's stable name, e.g. `EngineUnreachable`."""
        return type(self).__name__

    def as_dict(self) -> dict[str, str | int]:
        """What `--json` prints on standard error."""
        return {
            "error": self.code,
            "message": self.message,
            "cause": self.cause,
            "advice": self.advice,
            "url": self.url,
            "exitCode": int(self.exit_code),
        }


class UsageError(MinikfError):
    """The command line itself is wrong."""

    exit_code = ExitCode.USAGE


class Refused(MinikfError):
    """Refused before anything was changed."""

    exit_code = ExitCode.REFUSED


class NoProgress(MinikfError):
    """Something stopped making progress; the message names the blocking object."""

    exit_code = ExitCode.NO_PROGRESS


class WorkFailed(MinikfError):
    """A run, a job or a service that was waited for ended in failure; the command itself did its part."""

    exit_code = ExitCode.WORK_FAILED


class Unreachable(MinikfError):
    """The engine or its API does not answer."""

    exit_code = ExitCode.UNREACHABLE
