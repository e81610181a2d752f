"""Katib's db-manager as a client calls it, by Google's protobuf library; pods of tests run it as a file.

    python katibwire.py report NAME=VALUE ...      as Katib's SDK does: for the trial that the pod belongs to

Messages: kubeflow/katib v0.19.0, pkg/apis/manager/v1beta1/api.proto.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DEFAULT = "katib-db-manager.kubeflow:6789"
_PACKAGE = "api.v1.beta1"
# Fields by message in the order of their numbers; a name of a message after a colon, * where it is repeated.
_MESSAGES = {
    "Metric": "name value",
    "MetricLog": "time_stamp metric:Metric",
    "ObservationLog": "metric_logs*:MetricLog",
    "ReportObservationLogRequest": "trial_name observation_log:ObservationLog",
    "ReportObservationLogReply": "",
    "GetObservationLogRequest": "trial_name metric_name start_time end_time",
    "GetObservationLogReply": "observation_log:ObservationLog",
    "DeleteObservationLogRequest": "trial_name",
    "DeleteObservationLogReply": "",
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="katibwire.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, text in enumerate(fields.split(), 1):
            field_name, _, kind = text.partition(":")
            field = message.field.add(name=field_name.rstrip("*"), number=number)
            field.label = field.LABEL_REPEATED if "*" in field_name else field.LABEL_OPTIONAL
            field.type = field.TYPE_MESSAGE if kind else field.TYPE_STRING
            if kind:
                field.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


CLASSES = _classes()


def call(address: str, method: str, seconds: float = 60, **fields: Any) -> Any:
    """The reply of a DBManager's method. Raises grpc.RpcError."""
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary(
            f"/{_PACKAGE}.DBManager/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=CLASSES[f"{method}Reply"].FromString,
        )
        return ask(CLASSES[f"{method}Request"](**fields), timeout=seconds)


def report(trial: str, values: dict[str, str], address: str = DEFAULT, seconds: float = 60) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    logs = [{"time_stamp": now, "metric": {"name": name, "value": value}} for name, value in values.items()]
    call(address, "ReportObservationLog", seconds, trial_name=trial, observation_log={"metric_logs": logs})


if __name__ == "__main__":
    report(os.environ["KATIB_TRIAL_NAME"], dict(word.split("=", 1) for word in sys.argv[2:]))
