"""Frames, descriptors and records."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest

from minikf.embedded.forkserver import protocol, record


def test_frames_and_descriptors_arrive() -> None:
    ours, theirs = socket.socketpair()
    message = {"env": {"A": "x" * 300_000, "bad": "\udcff"}, "n": 1}
    read_end, write_end = os.pipe()
    with ours, theirs:
        sender = threading.Thread(target=protocol.send, args=(ours, message, [write_end]))
        sender.start()
        seen, fds = protocol.receive(theirs)
        sender.join()
        assert seen == message
        os.write(fds[0], b"through")
        assert os.read(read_end, 10) == b"through"
        assert not os.get_inheritable(fds[0])
        assert protocol.peer(theirs) == (os.getpid(), os.getuid())
    for fd in (read_end, write_end, *fds):
        os.close(fd)


@pytest.mark.parametrize("data", [b"\0\0", b"\0\0\0\5[1,2", struct.pack(">I", 1 << 31), b"\0\0\0\2[]", b"\0\0\0\1{"])
def test_what_is_no_frame_is_refused_and_leaks_nothing(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with ours, theirs:
        fd = os.open(os.devnull, os.O_RDONLY)
        socket.send_fds(ours, [data], [fd])
        os.close(fd)
        ours.shutdown(socket.SHUT_WR)
        with pytest.raises(protocol.ProtocolError):
            protocol.receive(theirs)
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_process_is_told_from_a_later_one_with_its_pid() -> None:
    token = record.start_token(os.getpid())
    assert record.is_alive(os.getpid(), token)
    assert not record.is_alive(os.getpid(), token + "0")
    assert not record.is_alive(os.getpid(), "")
    with subprocess.Popen(["true"]) as process:
        token = record.start_token(process.pid)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert record.start_token(process.pid) == "", "a zombie has ended"
    assert not record.is_alive(process.pid, token)


def test_records_are_whole_or_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "r.json")
    assert record.read(path) is None
    record.write(path, {"a": 1})
    assert record.read(path) == {"a": 1}
    Path(path).write_text('{"a": ')
    assert record.read(path) is None
    with pytest.raises(OSError, match="No such file"):
        record.write(str(tmp_path / "none" / "r.json"), {})
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]
