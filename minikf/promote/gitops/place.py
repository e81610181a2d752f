"""Where the folder of a promotion lies in git, and where in a cluster Argo CD and Flux look for what they are told."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from minikf.errors import UsageError

# What stands for an address that nobody has given: git has no such scheme, and Flux's definition refuses the text.
NO_URL = "${GIT_URL}"
_SCP = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>[^/].*)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LONGEST = 53  # of a name that is made from two; it is a label's value as well, which may have 63


@dataclass(frozen=True)
class Repository:
    """`url` as git takes it, "" where it is not known; `revision` a branch, a commit or `refs/...`; `folder` is where
    the promotion (the folder that `--out` names) lies in it, "" for its root."""

    url: str = ""
    revision: str = "main"
    folder: str = "promote"

    @classmethod
    def of(cls, url: str = "", revision: str = "main", folder: str = "promote") -> Repository:
        """Raises UsageError for an address that Argo CD and Flux cannot both take, or that holds a password."""
        return cls(_address(url), revision, _folder(folder))

    @property
    def known(self) -> bool:
        return bool(self.url)

    @property
    def ref(self) -> dict[str, str]:
        """The revision as Flux names it."""
        if _COMMIT.fullmatch(self.revision):
            return {"commit": self.revision}
        return {"name": self.revision} if self.revision.startswith("refs/") else {"branch": self.revision}

    def path(self, inside: str) -> str:
        return f"{self.folder}/{inside}" if self.folder else inside


@dataclass(frozen=True)
class Delivery:
    """One promotion on its way to one target.

    `namespace` is where its objects go. `server` or `cluster` say to Argo CD which of its clusters it is, its address
    or its name there; with neither it is the one that Argo CD runs in.
    """

    target: str
    namespace: str
    repository: Repository = field(default_factory=Repository)
    promotion: str = ""
    server: str = ""
    cluster: str = ""
    project: str = "default"
    argo_namespace: str = "argocd"
    flux_namespace: str = "flux-system"

    def __post_init__(self) -> None:
        if self.server and self.cluster:
            raise UsageError(
                "Argo CD is told its cluster by address or by name, not both",
                cause=f"server '{self.server}' and name '{self.cluster}' are given",
                advice="answer ARGO_SERVER or ARGO_CLUSTER, not both",
            )

    @classmethod
    def of(
        cls, target: str, namespace: str, answers: Mapping[str, str], promotion: str = "", url: str = ""
    ) -> Delivery:
        """From a target's answers: GIT_URL (`url` comes before it), GIT_REVISION, GIT_FOLDER, ARGO_SERVER,
        ARGO_CLUSTER, ARGO_PROJECT, ARGO_NAMESPACE, FLUX_NAMESPACE. Raises UsageError."""
        repository = Repository.of(
            url or answers.get("GIT_URL", ""),
            answers.get("GIT_REVISION") or "main",
            answers.get("GIT_FOLDER", "promote"),
        )
        return cls(
            target,
            namespace,
            repository,
            promotion,
            server=answers.get("ARGO_SERVER", ""),
            cluster=answers.get("ARGO_CLUSTER", ""),
            project=answers.get("ARGO_PROJECT") or "default",
            argo_namespace=answers.get("ARGO_NAMESPACE") or "argocd",
            flux_namespace=answers.get("FLUX_NAMESPACE") or "flux-system",
        )

    @property
    def name(self) -> str:
        """Of the objects that tell Argo CD and Flux: one for each promotion and target, a DNS label."""
        wanted = "-".join(part for part in (self.promotion, self.target) if part)
        plain = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")
        if plain == wanted and len(plain) <= _LONGEST:
            return plain
        mark = hashlib.sha256(wanted.encode()).hexdigest()[:8]
        return f"{plain[:_LONGEST].strip('-')}-{mark}".strip("-")


def _address(url: str) -> str:
    if not url:
        return ""
    if scp := _SCP.fullmatch(url):  # git's short form of ssh, which Flux does not take
        url = f"ssh://{scp['user']}@{scp['host']}/{scp['path']}"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a wrong one is told when it is asked for
    except ValueError as error:
        raise _no_address(url, str(error)) from error
    if parts.password is not None or (parts.scheme in ("http", "https") and parts.username):
        raise UsageError(
            "the git address holds a credential",
            cause="it would stand in a file that is committed",
            advice="leave it out; Argo CD and Flux read it from a Secret of their own",
        )
    if parts.scheme not in ("http", "https", "ssh") or not parts.hostname:
        raise _no_address(url, "Argo CD and Flux both take http, https and ssh")
    return url


def _no_address(url: str, cause: str) -> UsageError:
    shown = re.sub(r"//[^/]*@", "//...@", url)  # a password may stand there
    return UsageError(
        f"'{shown}' is no address of a git repository",
        cause=cause,
        advice="write it as https://HOST/PATH or ssh://git@HOST/PATH",
    )


def _folder(folder: str) -> str:
    parts = [part for part in folder.split("/") if part not in ("", ".")]
    if ".." in parts or folder.startswith("/"):
        raise UsageError(
            f"'{folder}' is no folder inside a git repository",
            cause="it is counted from the repository's root",
            advice="write it as promote or teams/a/promote",
        )
    return "/".join(parts)
