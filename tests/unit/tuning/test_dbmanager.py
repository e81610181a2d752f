"""The db-manager's messages against Google's library, whose a socket is, and the log that reports are added to."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.tuning.dbmanager import address, messages, peers
from minikf.embedded.tuning.dbmanager.messages import DELETE, GET, REPORT, Malformed, Request
from minikf.embedded.tuning.metrics import MetricLog
from minikf.embedded.tuning.observations import ObservationLog
from tests.embedded.tuning.katibwire import CLASSES

texts = st.text(max_size=200)
rows = st.lists(st.tuples(texts, texts, texts), max_size=5)


def _log(rows_: list[tuple[str, str, str]]) -> dict[str, object]:
    logs = [{"time_stamp": time, "metric": {"name": name, "value": value}} for time, name, value in rows_]
    return {"metric_logs": logs}


@given(texts, rows)
def test_reports_are_read_as_protobuf_writes_them(trial: str, told: list[tuple[str, str, str]]) -> None:
    data = CLASSES["ReportObservationLogRequest"](trial_name=trial, observation_log=_log(told)).SerializeToString()
    assert messages.decode(REPORT, data) == Request(REPORT, trial, tuple(told))
    assert messages.decode(DELETE, data) == Request(DELETE, trial)


@given(texts, texts, texts, texts)
def test_questions_are_read_as_protobuf_writes_them(trial: str, metric: str, start: str, end: str) -> None:
    fields = {"trial_name": trial, "metric_name": metric, "start_time": start, "end_time": end}
    data = CLASSES["GetObservationLogRequest"](**fields).SerializeToString()
    assert messages.decode(GET, data) == Request(GET, trial, (), metric, start, end)


@given(rows)
def test_logs_are_written_as_protobuf_reads_them(kept: list[tuple[str, str, str]]) -> None:
    read = CLASSES["GetObservationLogReply"].FromString(messages.encode_log(kept)).observation_log.metric_logs
    assert [(one.time_stamp, one.metric.name, one.metric.value) for one in read] == kept


@given(st.sampled_from(messages.METHODS), st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed(method: str, data: bytes) -> None:
    with contextlib.suppress(Malformed):
        messages.decode(method, data)


def test_fields_of_later_versions_are_passed_over() -> None:
    later = b"\x48\x96\x01" + b"\x52\x01x" + b"\x59" + bytes(8) + b"\x65" + bytes(4)
    assert messages.decode(DELETE, later + b"\x0a\x01t" + later).trial == "t"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_whose_a_connection_is(family: socket.AddressFamily) -> None:
    """Also of a socket of IPv6 that is connected to an address of IPv4, as gRPC's are."""
    prefix = "::ffff:" if family is socket.AF_INET6 else ""
    with socket.socket() as server, socket.socket(family) as client:
        server.bind((host := "127.64.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        # others may listen on this port at an address of their own
        ours = [one.uid for one in peers.listeners_of(port) if one.inode == os.fstat(server.fileno()).st_ino]
        assert ours == [os.getuid()]
        client.connect((prefix + host, port))
        own = client.getsockname()
        peer = f"ipv6:%5B{own[0]}%5D:{own[1]}" if prefix else f"ipv4:{own[0]}:{own[1]}"
        owner = peers.client_of(*peers.address_of(peer), (host, port))
        assert owner is not None
        assert (owner.uid, owner.inode) == (os.getuid(), os.fstat(client.fileno()).st_ino)
        assert peers.holds([os.getpid()], [owner])
        assert not peers.holds([os.getppid(), 2**22 - 1], [owner])
        assert peers.client_of("127.0.0.1", own[1], (host, port + 1)) is None
    for text in ("unix:/a", "ipv4:1.2.3.4", "", "ipv4:1.2.3.4:x"):
        with pytest.raises(ValueError, match="no address"):
            peers.address_of(text)


def test_platforms_have_addresses_of_loopback_of_their_own() -> None:
    found = {address.host_of(Path(f"/home/a/{number}")) for number in range(200)}
    assert len(found) > 195
    assert all(one.startswith("127.") and 64 <= int(one.split(".")[1]) < 128 for one in found)


def test_a_report_that_a_killed_daemon_kept_is_not_kept_twice(tmp_path: Path) -> None:
    log, one, two = ObservationLog(tmp_path), MetricLog("t", "loss", "1"), MetricLog("t", "acc", "2")
    log.append("u", [one, two])
    log.append("u", [one, two], again=True)
    assert log.read("u") == (one, two)
    log.append("u", [two, one], again=True)
    log.append("u", [two, one])
    assert log.read("u") == (one, two, two, one, two, one)


def test_reports_are_added_and_a_half_of_one_is_dropped(tmp_path: Path) -> None:
    log, one, two = ObservationLog(tmp_path), MetricLog("t", "loss", "1"), MetricLog("t", "loss", "ü")
    log.append("u", [one])
    assert log.read("u") == (one,)
    log.append("u", [two, one])
    assert log.read("u") == (one, two, one)
    with (tmp_path / "u.jsonl").open("ab") as file:
        file.write(b'{"time": "t", "na')
    fresh = ObservationLog(tmp_path)
    assert fresh.read("u") == (one, two, one)
    fresh.append("u", [two])
    assert fresh.read("u") == ObservationLog(tmp_path).read("u") == (one, two, one, two)
    assert (tmp_path / "u.jsonl").stat().st_mode & 0o777 == 0o600
