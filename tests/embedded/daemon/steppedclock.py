"""A clock that a test can step, for a whole daemon and everything that it starts.

A small library in front of libc adds an offset, read from a file that is mapped into memory, to CLOCK_REALTIME and to
nothing else. An interpreter of its own, a script that preloads the library, hands it on: the daemon starts its fork
servers, and these start pods, with the interpreter that it runs itself.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *seconds;

static int64_t offset(void) {
    if (!seconds) {
        int file = open(OFFSET_FILE, O_RDONLY | O_CLOEXEC);
        void *found = file < 0 ? MAP_FAILED : mmap(0, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        if (found == MAP_FAILED) return 0;
        seconds = found;
    }
    return *seconds;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    int failed = syscall(SYS_clock_gettime, clock, out);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) out->tv_sec += offset();
    return failed;
}

int gettimeofday(struct timeval *out, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

/* An interpreter built for an old libc waits for its locks until a moment of CLOCK_REALTIME, which the kernel reads. */
int sem_timedwait(sem_t *lock, const struct timespec *until) {
    static int (*real)(sem_t *, const struct timespec *);
    struct timespec moved = *until;
    if (!real) real = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    moved.tv_sec -= offset();
    return real(lock, &moved);
}
"""


@dataclass(frozen=True)
class SteppedClock:
    """`python` is the interpreter that lives by this clock; `ahead` is by how much it differs from the true one."""

    python: Path
    _offset: Path

    @classmethod
    def make(cls, folder: Path) -> SteppedClock:
        """Raises Unavailable where this machine or its Python cannot be given another clock."""
        compiler = shutil.which("cc")
        if sys.platform != "linux" or compiler is None:
            raise Unavailable("a clock can be stepped on Linux with a C compiler only")
        folder.mkdir(parents=True)
        offset, source, library = folder / "offset", folder / "clock.c", folder / "clock.so"
        offset.write_bytes(struct.pack("=q", 0))
        source.write_text(_SOURCE)
        options = ["-shared", "-fPIC", "-O1", f'-DOFFSET_FILE="{offset}"', "-o", str(library)]
        subprocess.run([compiler, *options, str(source), "-ldl"], check=True)
        clock = cls(_interpreter(folder / "venv", library), offset)
        clock.step_to(-3600)
        if abs(clock.reads() - time.time() + 3600) > 60:
            raise Unavailable(f"{sys.executable} does not ask libc for the time")
        clock.step_to(0)
        return clock

    def step_to(self, ahead: int) -> None:
        """From now on the clock is `ahead` seconds ahead of the true one (behind it, where that is negative)."""
        with self._offset.open("r+b") as file:
            file.write(struct.pack("=q", ahead))

    def reads(self) -> float:
        """What a process that lives by it takes for the time, in seconds of the epoch."""
        told = [str(self.python), "-c", "import datetime; print(datetime.datetime.now().timestamp())"]
        return float(subprocess.run(told, check=True, capture_output=True, text=True).stdout)


class Unavailable(Exception):
    """The message says why."""


def _interpreter(folder: Path, library: Path) -> Path:
    """A virtual environment with this process's packages, whose `python` preloads the library."""
    real = Path(sys.executable).resolve()
    (folder / "bin").mkdir(parents=True)
    mine = Path(sys.prefix) / "pyvenv.cfg"
    settings = f"home = {real.parent}\ninclude-system-site-packages = true\n"
    (folder / "pyvenv.cfg").write_text(mine.read_text() if mine.exists() else settings)
    if mine.exists():
        (folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    python = folder / "bin" / "python"
    # The name under which it is started is the one that it tells: so whatever it starts is started by the script.
    python.write_text(f'#!/bin/bash\nLD_PRELOAD="{library}" exec -a "$0" "{real}" "$@"\n')
    python.chmod(0o755)
    told = subprocess.run(
        [python, "-c", "import sys, minikf; print(sys.executable)"], capture_output=True, text=True, check=False
    )
    if told.stdout.strip() != str(python):
        raise Unavailable(f"no interpreter can be made of {real}: {told.stdout}{told.stderr}")
    return python


def environment() -> dict[str, str]:
    """For a daemon with a clock of its own: no warm server, whose imports would take a core for ten seconds."""
    return {"MINIKF_WARM": "0", "MINIKF_RESTART_BACKOFF": "1", "PATH": os.environ["PATH"]}
