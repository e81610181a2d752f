"""Brings Notebooks about: their token, port and folder, one pod each, its status; stops those that rest."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, is_controlled_by, is_status_only, key_of, owner_keys
from minikf.embedded.controllers.conditions import is_true
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.serving.pace import Pace
from minikf.embedded.kinds import NOTEBOOK, POD, SECRET, SERVICE, Kind
from minikf.embedded.notebooks import build, codeserver, culling, spec
from minikf.embedded.notebooks.culling import CullingSettings
from minikf.embedded.notebooks.folder import NotebookFolder, Settings, all_folders
from minikf.embedded.notebooks.ports import choose_port
from minikf.embedded.notebooks.spec import Flavour
from minikf.embedded.notebooks.status import make_status
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError, Object
from minikf.errors import Refused

if TYPE_CHECKING:
    from minikf.embedded.store import Change

_TOKEN_BYTES = 32
_AGAIN_SECONDS = 2.0
_GONE_SECONDS = 0.5


class NotebookController:
    """One Notebook at a time. `server` is the address of the platform's API, for the clients inside."""

    component = "notebook-controller"
    kinds = (NOTEBOOK, POD, SERVICE, SECRET)

    def __init__(self, context: Context, server: str, settings: CullingSettings | None = None) -> None:
        self._objects = context.objects
        self._paths = context.paths
        self._clock = context.clock
        self._events = context.events.of(self.component)
        self._options = Options(manager=self.component)
        self._server = server
        self._culling = settings or CullingSettings.from_environment()
        self._pace = Pace()
        self._gone: dict[Key, set[str]] = {}

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is not NOTEBOOK:
            return owner_keys(change, NOTEBOOK)
        if change.type == "DELETED":
            self._gone.setdefault(key_of(change.entry), set()).add(change.entry.uid)
        return [] if is_status_only(change) else [key_of(change.entry)]

    async def start(self) -> None:
        """Before the runner starts: folders of notebooks that were deleted while no daemon ran go, and those that run
        learn the platform's address."""
        known = {entry.uid for entry in self._objects.list(NOTEBOOK)}
        for folder in all_folders(self._paths.notebooks):
            if folder.path.name in known:
                await asyncio.to_thread(folder.redirect, self._server)
            else:
                await asyncio.to_thread(folder.remove)

    async def reconcile(self, key: Key) -> float | None:
        if key in self._gone and await self._clear(key):
            return _GONE_SECONDS
        entry = self._objects.find(NOTEBOOK, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            return None
        notebook = entry.obj
        found = self._objects.find(POD, key.namespace, spec.pod_name(notebook))
        pod = found.obj if found is not None else None
        if spec.is_stopped(notebook):
            return await self._stop(key, notebook, pod)
        reason = "NameTaken"
        try:
            self._check_names(notebook)
            reason = "NoPort"
            port = await self._ensure_service(key, notebook, pod)
        except Refused as error:
            self._events.record(notebook, "Warning", reason, f"{error.message}: {error.advice}")
            await self._tell(notebook, None, (reason, error.message))
            return _AGAIN_SECONDS
        token = await self._ensure_secret(notebook)
        if pod is None:
            return await self._create(key, notebook, port, token)
        if "deletionTimestamp" not in pod["metadata"] and self._is_outdated(notebook, pod, port):
            await self._delete(pod)
        await self._tell(notebook, pod)
        if not is_true(pod.get("status") or {}, "Ready"):
            return None
        self._pace.forget(key)
        return await self._cull(notebook, port, token) if self._culling.enabled else None

    # -- the pod ----------------------------------------------------------------------------------------------

    async def _create(self, key: Key, notebook: Object, port: int, token: str) -> float | None:
        wanted = build.revision(notebook, port)
        if pause := self._pace.pause(key, wanted, self._clock.monotonic()):
            return pause
        folder = self._folder(notebook)
        if spec.flavour(notebook) is Flavour.CODE_SERVER and not codeserver.program():
            why = f"no program code-server is on this machine: {codeserver.INSTALL}, then start the platform again"
            self._events.record(notebook, "Warning", "NoProgram", why)
            await self._tell(notebook, None, ("NoProgram", why))
            return _AGAIN_SECONDS
        await asyncio.to_thread(folder.write, self._settings(notebook, port, token))
        pod = build.build_pod(notebook, port, folder, lambda path: Path(path).is_dir())
        try:
            made = await self._objects.create(POD, key.namespace, pod, opts=self._options)
        except ApiError as error:
            await self._tell(notebook, None, ("FailedCreate", error.message))
            self._events.record(notebook, "Warning", "FailedCreate", f"create Pod failed: {error.message}")
            raise
        self._pace.made(key, wanted, self._clock.monotonic())
        self._events.record(notebook, "Normal", "SuccessfulCreate", f"Created pod: {made.name}")
        await self._tell(notebook, made.obj)
        return None

    def _is_outdated(self, notebook: Object, pod: Object, port: int) -> bool:
        """Whether another pod has to take its place: it ended for good, or the notebook says something else now."""
        has = (pod["metadata"].get("annotations") or {}).get(build.REVISION_ANNOTATION)
        is_over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        return is_over or has != build.revision(notebook, port)

    async def _stop(self, key: Key, notebook: Object, pod: Object | None) -> float | None:
        self._pace.forget(key)
        if pod is not None and is_controlled_by(pod, notebook) and "deletionTimestamp" not in pod["metadata"]:
            await self._delete(pod)
            self._events.record(notebook, "Normal", "Stopped", f"Stopping pod {pod['metadata']['name']}")
        before = notebook["metadata"].get("annotations") or {}
        if culling.forgotten(before) != before:
            await self._annotate(notebook, culling.forgotten(before))
        await self._tell(notebook, pod if pod is not None and is_controlled_by(pod, notebook) else None)
        return None

    async def _delete(self, pod: Object) -> None:
        meta = pod["metadata"]
        how = DeleteOptions(propagation="Background", uid=meta["uid"])
        with contextlib.suppress(ApiError):  # gone, or another has its name: the next look tells
            await self._objects.delete(POD, meta["namespace"], meta["name"], how=how, opts=self._options)

    # -- what belongs to it -----------------------------------------------------------------------------------

    def _check_names(self, notebook: Object) -> None:
        """Raises Refused when an object of somebody else has a name that the notebook needs."""
        meta = notebook["metadata"]
        needed: list[tuple[Kind, str]] = [
            (POD, spec.pod_name(notebook)),
            (SERVICE, meta["name"]),
            (SECRET, spec.secret_name(notebook)),
        ]
        for kind, name in needed:
            entry = self._objects.find(kind, meta["namespace"], name)
            if entry is not None and not is_controlled_by(entry.obj, notebook):
                raise Refused(
                    f"a {kind.kind} '{name}' that is not this notebook's is in the way",
                    cause="a notebook's objects have names made of its own",
                    advice=f"kubectl delete {kind.singular} -n {meta['namespace']} {name}",
                )

    async def _ensure_service(self, key: Key, notebook: Object, pod: Object | None) -> int:
        """The notebook's port, which its Service remembers. It changes only where no pod has it."""
        entry = self._objects.find(SERVICE, *key)
        remembered = build.port_of(entry.obj) if entry is not None else 0
        if spec.flavour(notebook) is Flavour.COMMAND:
            port = spec.declared_port(notebook)
        elif remembered and pod is not None:
            port = remembered
        else:
            port = choose_port(key, self._paths.name, remembered, self._ports_of_others(key))
        wanted = build.build_service(notebook, port)
        if entry is None:
            await self._objects.create(SERVICE, key.namespace, wanted, opts=self._options)
            return port
        own = wanted["metadata"]["annotations"]
        has = entry.obj["metadata"].get("annotations") or {}
        if port != remembered or not own.items() <= has.items():

            def change(obj: Object) -> None:
                obj["spec"]["ports"] = wanted["spec"]["ports"]
                obj["metadata"]["annotations"] = {**(obj["metadata"].get("annotations") or {}), **own}

            await self._objects.patch(SERVICE, *key, change, opts=self._options)
            if port != remembered and spec.flavour(notebook) is not Flavour.COMMAND:
                text = f"port {remembered} of 127.0.0.1 is taken by another program; the notebook is at {port} now"
                self._events.record(notebook, "Warning", "PortTaken", text)
        return port

    def _ports_of_others(self, key: Key) -> set[int]:
        names = {key_of(entry) for entry in self._objects.list(NOTEBOOK)} - {key}
        return {build.port_of(entry.obj) for entry in self._objects.list(SERVICE) if key_of(entry) in names}

    async def _ensure_secret(self, notebook: Object) -> str:
        meta = notebook["metadata"]
        entry = self._objects.find(SECRET, meta["namespace"], spec.secret_name(notebook))
        token = build.token_of(entry.obj) if entry is not None else ""
        if token:
            return token
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        wanted = build.build_secret(notebook, token)
        if entry is None:
            await self._objects.create(SECRET, meta["namespace"], wanted, opts=self._options)
        else:
            change = {"data": wanted["data"]}
            await self._objects.patch(SECRET, *key_of(entry), lambda obj: {**obj, **change}, opts=self._options)
        return token

    def _folder(self, notebook: Object) -> NotebookFolder:
        return NotebookFolder.of(self._paths.notebooks, notebook["metadata"]["uid"])

    def _settings(self, notebook: Object, port: int, token: str) -> Settings:
        meta, paths = notebook["metadata"], self._paths
        is_code = spec.flavour(notebook) is Flavour.CODE_SERVER
        return Settings(
            namespace=meta["namespace"],
            name=meta["name"],
            prefix=spec.prefix(notebook),
            port=port,
            token=token,
            platform=paths.name,
            python=sys.executable,
            site=sysconfig.get_path("purelib"),
            config=str(paths.config),
            server=self._server,
            xdg=paths.homes,
            program=codeserver.program() if is_code else "",
            socket=str(paths.sockets / f"code-{_short(meta['uid'])}.sock") if is_code else "",
        )

    async def _clear(self, key: Key) -> bool:
        """Removes the folders of deleted notebooks of this name; whether a pod still uses one."""
        for uid in list(self._gone[key]):
            if any(_belongs(entry.obj, uid) for entry in self._objects.list(POD, key.namespace)):
                return True
            await asyncio.to_thread(NotebookFolder.of(self._paths.notebooks, uid).remove)
            self._gone[key].discard(uid)
        del self._gone[key]
        self._pace.forget(key)
        return False

    # -- what is told, and rest -------------------------------------------------------------------------------

    async def _tell(self, notebook: Object, pod: Object | None, problem: tuple[str, str] | None = None) -> None:
        wanted = {"status": make_status(notebook, pod, problem)}
        if notebook.get("status") == wanted["status"]:
            return
        meta = notebook["metadata"]
        await self._objects.patch(
            NOTEBOOK, meta["namespace"], meta["name"], lambda obj: {**obj, **wanted}, subresource="status",
            opts=self._options,
        )  # fmt: skip

    async def _cull(self, notebook: Object, port: int, token: str) -> float | None:
        """One look at a ready notebook, when it is due; seconds until the next."""
        annotations = notebook["metadata"].get("annotations") or {}
        if not culling.is_begun(notebook):
            await self._annotate(notebook, culling.begun(annotations, self._clock.now()))
            return self._culling.period
        left = culling.until_look(annotations, self._culling, self._clock.now())
        if left > 0 or spec.flavour(notebook) is Flavour.COMMAND:
            return left or None
        ask = culling.ask_code_server if spec.flavour(notebook) is Flavour.CODE_SERVER else culling.ask
        activity = await asyncio.to_thread(ask, port, spec.prefix(notebook), token)
        after = culling.looked(annotations, activity, self._culling, self._clock.now())
        if spec.STOP_ANNOTATION in after:
            text = f"idle since {after[culling.LAST_ACTIVITY]}, longer than {self._culling.idle / 60:g} minutes"
            self._events.record(notebook, "Normal", "Culled", text)
        await self._annotate(notebook, after)
        return self._culling.period

    async def _annotate(self, notebook: Object, annotations: dict[str, str]) -> None:
        meta = notebook["metadata"]
        before = meta.get("annotations") or {}

        def change(obj: Object) -> None:
            # Only what is ours moves: a user may have changed others meanwhile.
            now = obj["metadata"].get("annotations") or {}
            for name in (culling.LAST_ACTIVITY, culling.LAST_CHECK, spec.STOP_ANNOTATION):
                if annotations.get(name) == before.get(name):
                    continue
                if name in annotations:
                    now[name] = annotations[name]
                else:
                    now.pop(name, None)
            obj["metadata"]["annotations"] = now

        await self._objects.patch(NOTEBOOK, meta["namespace"], meta["name"], change, opts=self._options)


def _short(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()[:12]


def _belongs(pod: Object, uid: str) -> bool:
    return any(one.get("uid") == uid for one in pod["metadata"].get("ownerReferences") or [])
