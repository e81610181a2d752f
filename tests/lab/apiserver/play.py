"""Plays a case against one side and keeps what came back, raw."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import kubernetes
import yaml

from minikf.embedded.patching import merge_patch

from .case import Case, Events, Http, Kubectl, Modify, Python, Step, Watch, dig, fill
from .server import Server
from .stream import WatchStream

EDITOR = Path(__file__).with_name("editor.py")
_IDLE = 1.0  # seconds; servers close connections that are idle for longer, the first of them after five
_HEADERS = ("content-type", "warning", "retry-after", "allow", "accept-patch")
# What kubectl's watch says to its own log when its time is up: it depends on the moment, not on the server.
_CLIENTS_LOG = re.compile(r"^[IWEF]\d{4} \S+ +\d+ reflector\.go:.*\n", re.MULTILINE)
Outcome = dict[str, Any]


class CaseIsWrong(Exception):
    """The real server did not answer what the case's author expected, so the case compares something else."""


@dataclass
class Player:
    """One side's state while a case is played: open watches and saved values."""

    server: Server
    case: Case
    names: dict[str, str] = field(default_factory=dict)
    watches: dict[str, WatchStream] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    connection: HTTPSConnection | None = None
    used: float = 0.0

    def play(self) -> list[Outcome]:
        """One outcome a step, in order. On the real side raises CaseIsWrong where a step's `expect` is not met."""
        self.names["ns"] = self.case.namespace
        try:
            outcomes = [
                self._step(label, step) for label, step in zip(self.case.labels(), self.case.steps, strict=True)
            ]
        finally:
            for watch in self.watches.values():
                watch.close()
            if self.connection is not None:
                self.connection.close()
        if self.wrong:
            raise CaseIsWrong("\n".join([f"case {self.case.name}:", *self.wrong]))
        return outcomes

    def _step(self, label: str, step: Step) -> Outcome:
        outcome = self._call(step)
        if isinstance(step, Kubectl | Http | Modify | Python | Watch) and self.server.name == "real":
            got = next(outcome[key] for key in ("exit", "status") if key in outcome)
            if got != step.expect:
                told = json.dumps(outcome, ensure_ascii=False, default=str)[:1500]
                self.wrong.append(f"  step {label}: expected {step.expect}, the real server gave {got}: {told}")
        if isinstance(step, Kubectl | Http | Python):
            self._save(step.save, outcome)
        return outcome

    def _save(self, wanted: Mapping[str, str], outcome: Outcome) -> None:
        for name, path in wanted.items():
            # What one side lacks is a difference of its own; later steps go on with a value that cannot match.
            with contextlib.suppress(KeyError, IndexError, TypeError):
                self.names[name] = str(dig(outcome.get("body", outcome.get("stdout")), path))

    def _call(self, step: Step) -> Outcome:
        match step:
            case Kubectl():
                return self._kubectl(step)
            case Http():
                return self._http(step)
            case Modify():
                return self._modify(step)
            case Python():
                return self._python(step)
            case Watch():
                path = fill(step.path, self.names)
                self.watches[step.name] = watch = WatchStream(self.server, path, step.accept)
                return {"status": watch.status, "headers": watch.headers, **watch.refusal()}
            case Events():
                return self.watches[step.name].events(step)

    def _kubectl(self, step: Kubectl) -> Outcome:
        args = shlex.split(fill(step.args, self.names))
        env = {
            "HOME": str(self.server.home),
            "KUBECONFIG": str(self.server.kubeconfig),
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.server.home),
            "LC_ALL": "C",
        }
        if step.edit:
            env["KUBE_EDITOR"] = shlex.join([sys.executable, str(EDITOR), *step.edit])
        done = subprocess.run(
            [str(self.server.kubectl), "--namespace", self.case.namespace, *args],
            input=_text(fill(step.stdin, self.names)),
            env=env,
            cwd=self.server.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        told = _CLIENTS_LOG.sub("", done.stderr)
        return {"exit": done.returncode, "stdout": _parsed(done.stdout, args), "stderr": told}

    def _http(self, step: Http) -> Outcome:
        headers = {"Accept": step.accept, "User-Agent": f"{step.agent}/1.0"}
        if step.token:
            headers["Authorization"] = f"Bearer {self.server.token}"
        body = fill(step.body, self.names)
        if body is not None:
            headers["Content-Type"] = step.content_type
            if not isinstance(body, str | bytes):
                body = json.dumps(body)
        connection = self._connection()
        connection.request(
            step.method,
            quote(fill(step.path, self.names), safe="/?&=,!:%()~"),
            body.encode() if isinstance(body, str) else body,
            headers,
        )
        answer = connection.getresponse()
        raw = answer.read().decode("utf-8", errors="replace")
        if answer.headers.get_content_type() == "application/yaml":
            raw = json.dumps(yaml.load(raw, Loader=_PlainLoader))
        told = {name: answer.headers.get_all(name) for name in _HEADERS if name in answer.headers}
        return {"status": answer.status, "headers": told, "body": _json(raw)}

    def _connection(self) -> HTTPSConnection:
        """One connection for all requests, but for one that a server may have closed: it stood idle for long."""
        now = time.monotonic()
        if self.connection is None or now - self.used > _IDLE:
            if self.connection is not None:
                self.connection.close()
            address = urlsplit(self.server.url)
            self.connection = HTTPSConnection(address.hostname or "", address.port, context=self.server.tls, timeout=60)
        self.used = now
        return self.connection

    def _modify(self, step: Modify) -> Outcome:
        read = self._http(Http("GET", step.path.partition("?")[0]))
        if read["status"] != 200:
            return read
        return self._http(Http("PUT", step.path, merge_patch(read["body"], fill(step.change, self.names))))

    def _python(self, step: Python) -> Outcome:
        configuration = kubernetes.client.Configuration(
            host=self.server.url, api_key={"authorization": f"Bearer {self.server.token}"}
        )
        configuration.ssl_ca_cert = str(self.server.ca)
        configuration.retries = False
        with kubernetes.client.ApiClient(configuration) as client:
            method = getattr(getattr(kubernetes.client, step.api)(client), step.call)
            try:
                result = method(**fill(step.kwargs, self.names))
            except kubernetes.client.ApiException as error:
                return {"status": error.status, "reason": error.reason, "body": _json(error.body or "")}
            return {"status": 0, "type": type(result).__name__, "body": client.sanitize_for_serialization(result)}


def prepare(server: Server, case: Case) -> None:
    """Makes the case's namespace and its default service account, as the controller manager of a cluster would.

    The account mounts no token: pods stay comparable with an engine that gives processes no credential.
    """
    meta = {"metadata": {"name": case.namespace}}
    account = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
    for path, body in (
        ("/api/v1/namespaces", meta),
        (f"/api/v1/namespaces/{case.namespace}/serviceaccounts", account),
    ):
        code, answer = server.request("POST", path, body)
        if code not in (201, 409):
            raise RuntimeError(f"{server.name}: preparing {case.namespace} answered {code}: {answer}")


def play(server: Server, case: Case) -> list[Outcome]:
    """The outcomes of a case on one side, its namespace prepared first."""
    prepare(server, case)
    return Player(server, case).play()


def _text(stdin: Any) -> str | None:
    if stdin is None or isinstance(stdin, str):
        return stdin
    documents = stdin if isinstance(stdin, list) else [stdin]
    return "\n---\n".join(json.dumps(document) for document in documents)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parsed(text: str, args: list[str]) -> Any:
    """The output as a tree where the format was asked for, so that a difference has a path; else text."""
    joined = " ".join(args)
    if "-o json" in joined and "jsonpath" not in joined:
        return _json(text)
    if "-o yaml" in joined:
        try:
            return yaml.load(text, Loader=_PlainLoader)
        except yaml.YAMLError:
            return text
    return text


class _PlainLoader(yaml.CSafeLoader):
    """YAML whose timestamps stay text, as they are on the wire."""


_PlainLoader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
