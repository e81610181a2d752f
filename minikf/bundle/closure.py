"""Every file that a kustomization reads, however deep, also in other repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from minikf.bundle.errors import FileMissing, NotLockable
from minikf.bundle.origin import Origin, of_url
from minikf.bundle.references import NAMES, Reference, Sort, plugin_references, references
from minikf.errors import MinikfError

Read = Callable[[Origin], bytes]
"""The bytes of a file. Raises FileMissing where there is no such file."""

Target = tuple[Origin, Sort]


@dataclass(frozen=True)
class Node:
    """A file, or a folder with a kustomization: the files that it reads itself, and what it names beyond them."""

    files: tuple[Origin, ...]
    named: tuple[tuple[Target, Reference], ...] = ()


class Closure:
    """Follows kustomizations through a source; what was read once is not read again.

    `problems` are the files that are not there and the entries that no lock can pin, by what could not be followed.
    """

    def __init__(self, read: Read, threads: int = 1) -> None:
        self._read = read
        self._threads = threads
        self._nodes: dict[Target, Node | None] = {}
        self.problems: dict[Target, MinikfError] = {}

    def follow(self, roots: Iterable[Origin]) -> Iterator[int]:
        """Reads all that these kustomizations, or single files, are made of; yields how many were followed so far.

        Raises what the source raises, except for files that are not there: those are problems.
        """
        waiting: dict[Target, Reference | None] = {(root, Sort.EITHER): None for root in roots}
        with ThreadPoolExecutor(self._threads) as threads:
            while fresh := [target for target in waiting if target not in self._nodes]:
                jobs = {threads.submit(self._node, *target): target for target in fresh}
                try:
                    for job in as_completed(jobs):
                        self._take(jobs[job], waiting[jobs[job]], job.result)
                        yield len(self._nodes)
                finally:
                    for job in jobs:
                        job.cancel()
                found = (self._nodes[target] for target in fresh)
                waiting = {target: named for node in found if node is not None for target, named in node.named}

    def files(self, roots: Iterable[Origin]) -> frozenset[Origin]:
        """All files that were met from these roots, those that could not be read left out."""
        met: set[Target] = set()
        waiting: list[Target] = [(root, Sort.EITHER) for root in roots]
        while waiting:
            target = waiting.pop()
            node = self._nodes.get(target)
            if target in met or node is None:
                continue
            met.add(target)
            waiting += [named for named, _ in node.named]
        return frozenset(file for target in met if (node := self._nodes[target]) is not None for file in node.files)

    def check(self) -> None:
        """Raises the first problem, by the name of the file that has it, and says how many more there are."""
        if not self.problems:
            return
        first = min(self.problems.values(), key=lambda error: error.message)
        if more := len(self.problems) - 1:
            first.cause = f"{first.cause}; and {more} more" if first.cause else f"and {more} more"
        raise first

    def _take(self, target: Target, named: Reference | None, result: Callable[[], Node]) -> None:
        try:
            self._nodes[target] = result()
        except NotLockable as error:
            self._nodes[target], self.problems[target] = None, error
        except FileMissing as error:
            if named is not None:
                raised = named.mark.refused(f"'{named.text}' is not there", cause=error.message, advice=error.advice)
                error = FileMissing(raised.message, cause=raised.cause, advice=raised.advice)
            self._nodes[target], self.problems[target] = None, error

    def _node(self, origin: Origin, sort: Sort) -> Node:
        """Raises FileMissing where there is neither the file nor the folder, and NotLockable."""
        if sort is Sort.FILE:
            self._read(origin)
            return Node((origin,))
        if sort is Sort.FOLDER:
            return self._folder(origin)
        # A name that looks like a file's is looked for as a file first; a mirror on the web is asked once less so.
        ways: list[Callable[[Origin], Node]] = [self._file, self._folder]
        if not origin.path.endswith((".yaml", ".yml", ".json", ".tgz")) and not origin.is_release:
            ways.reverse()
        try:
            return ways[0](origin)
        except FileMissing as error:
            try:
                return ways[1](origin)
            except FileMissing:
                raise FileMissing(
                    f"there is neither a file {origin.address} nor a kustomization in such a folder",
                    cause=error.cause,
                    advice=error.advice,
                ) from error

    def _file(self, origin: Origin) -> Node:
        return self._node(origin, Sort.FILE)

    def _folder(self, folder: Origin) -> Node:
        file, data = self._kustomization(folder)
        own, named = [file], []
        waiting = references(data, file.address)
        while waiting:
            reference = waiting.pop(0)
            origin = resolved(reference, folder)
            if reference.sort is Sort.PLUGIN:
                # What it names is seen from this folder, so it belongs to this node.
                waiting += plugin_references(self._plugin(reference, origin), origin.address)
                own.append(origin)
            else:
                named.append(((origin, reference.sort), reference))
        return Node(tuple(own), tuple(named))

    def _plugin(self, reference: Reference, origin: Origin) -> bytes:
        try:
            return self._read(origin)
        except FileMissing as error:
            raise reference.mark.refused(
                f"'{reference.text}' is not there as a file",
                cause="a plugin's configuration has to be one; a folder of them is not read",
                advice=error.advice,
            ) from error

    def _kustomization(self, folder: Origin) -> tuple[Origin, bytes]:
        for name in NAMES:
            try:
                file = folder.beside(name)
                return file, self._read(file)
            except FileMissing as error:
                last = error
        raise FileMissing(f"{folder.address} has no kustomization", cause=last.message, advice=last.advice)


def resolved(reference: Reference, folder: Origin) -> Origin:
    """What a reference in a kustomization of `folder` leads to. Raises NotLockable where no lock can pin that."""
    try:
        found = of_url(_as_url(reference.text)) if reference.is_remote else folder.beside(reference.text)
    except ValueError as error:
        raise reference.mark.refused(
            f"'{reference.text}' leads out of its repository",
            cause=str(error),
            advice="use a path of upstream that stays within",
        ) from error
    if found is None:
        raise reference.mark.refused(
            f"'{reference.text}' is fetched while it is rendered, and cannot be pinned",
            cause="a remote entry has to be https://github.com/OWNER/REPO//PATH?ref=TAG, a file of a release, or a "
            "file of raw.githubusercontent.com",
            advice="use a path of upstream that names a ref",
        )
    return found


def _as_url(text: str) -> str:
    return f"https://{text}" if text.startswith("github.com/") else text
