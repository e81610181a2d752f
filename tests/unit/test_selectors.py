"""Label and field selectors: grammar, quirks and refusals as a kube-apiserver has them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded import kinds
from minikf.embedded.selectors import field_selector, label_selector, match_labels
from minikf.embedded.status import ApiError


def labelled(**labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "x", "labels": labels}}


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("", {}, True),
        ("a=1", {"a": "1"}, True),
        ("a==1", {"a": "2"}, False),
        ("a!=1", {}, True),
        ("a!=1", {"a": "1"}, False),
        ("a", {"a": ""}, True),
        ("!a", {"a": ""}, False),
        ("! a", {}, True),
        ("a in (1, 2)", {"a": "2"}, True),
        ("a in (1,2)", {}, False),
        ("a notin (1,2)", {}, True),
        ("a notin (1,2)", {"a": "1"}, False),
        ("a in ()", {"a": ""}, True),
        ("a in (1,,2)", {"a": ""}, True),
        ("a in (in)", {"a": "in"}, True),
        ("in in (x)", {"in": "x"}, True),
        ("a>5", {"a": "6"}, True),
        ("a<5", {"a": "6"}, False),
        ("a>5", {"a": "many"}, False),
        ("a=", {"a": ""}, True),
        ("a=,b=1", {"a": "", "b": "1"}, True),
        ("a=1,b in (2),!c", {"a": "1", "b": "2"}, True),
        ("example.com/a=1", {"example.com/a": "1"}, True),
    ],
)
def test_label_selector(text: str, labels: dict[str, str], expected: bool) -> None:
    assert label_selector(text)(labelled(**labels)) is expected


def test_an_object_without_labels() -> None:
    assert label_selector("!a")({"metadata": {}}) is True
    assert label_selector("a")({"metadata": {"labels": None}}) is False


_NAME = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("x in a", "unable to parse requirement: found 'a' expected: '('"),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("a foo b", "unable to parse requirement: found 'foo', expected: in, notin, =, ==, !=, gt, lt"),
        ("-bad", f'unable to parse requirement: <nil>: Invalid value: "-bad": {_NAME}'),
        (
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be "
            "an integer",
        ),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a, ", "found '', expected: identifier after ','"),
        ("a= b c", "found 'c', expected: ',' or 'end of string'"),
    ],
)
def test_label_selectors_that_a_kube_apiserver_refuses(text: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        label_selector(text)
    assert (caught.value.code, caught.value.reason, caught.value.message) == (400, "BadRequest", message)


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_a_bad_request(text: str) -> None:
    try:
        assert label_selector(text)(labelled(a="1")) in (True, False)
    except ApiError as error:
        assert error.code == 400


_WORD = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.dictionaries(_WORD, _WORD, max_size=4), st.dictionaries(_WORD, _WORD, max_size=4))
def test_equality_selectors_mean_inclusion(wanted: dict[str, str], labels: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in wanted.items())
    assert label_selector(text)(labelled(**labels)) is (wanted.items() <= labels.items())
    assert match_labels({"matchLabels": wanted})(labelled(**labels)) is (wanted.items() <= labels.items())


def test_match_expressions() -> None:
    selector = {
        "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["1", "2"]},
            {"key": "b", "operator": "DoesNotExist"},
            {"key": "c", "operator": "Exists"},
            {"key": "d", "operator": "NotIn", "values": ["3"]},
        ]
    }
    assert match_labels(selector)(labelled(a="1", c="")) is True
    assert match_labels(selector)(labelled(a="1", c="", d="3")) is False


POD = {
    "metadata": {"name": "p", "namespace": "d"},
    "spec": {"nodeName": "n", "hostNetwork": True},
    "status": {"phase": "Running", "podIPs": [{"ip": "127.0.0.1"}]},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("metadata.name=p", True),
        ("metadata.name==q", False),
        ("metadata.name!=p,status.phase=Running", False),
        ("spec.host=n", True),
        ("spec.hostNetwork=true", True),
        ("status.podIPs=127.0.0.1", True),
        ("status.nominatedNodeName=", True),
        (r"metadata.namespace!=a\,b", True),
        (",metadata.name=p,", True),
    ],
)
def test_field_selector(text: str, expected: bool) -> None:
    assert field_selector(text, kinds.POD)(POD) is expected


def test_fields_of_other_kinds() -> None:
    event = {"metadata": {"name": "e"}, "involvedObject": {"uid": "u"}, "reportingComponent": "minikf"}
    assert field_selector("involvedObject.uid=u,source=minikf", kinds.EVENT)(event) is True
    assert field_selector("status.successful=0", kinds.JOB)({"metadata": {"name": "j"}}) is True
    assert field_selector("type=Opaque", kinds.SECRET)({"metadata": {"name": "s"}, "type": "Opaque"}) is True


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (
            "metadata.foo=x",
            kinds.CONFIG_MAP,
            '"metadata.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("metadata.foo=x", kinds.POD, "field label not supported: metadata.foo"),
        ("spec.foo=x", kinds.TRAIN_JOB, "field label not supported: spec.foo"),
        ("spec.foo=x", kinds.JOB, 'field label "spec.foo" not supported for Job'),
        ("foo", kinds.POD, "invalid selector: 'foo'; can't understand 'foo'"),
        (r"metadata.name=a\b", kinds.POD, r"invalid field selector: invalid escape sequence: \b"),
        ("metadata.name=a=b", kinds.POD, "invalid field selector: unescaped character in value: 61"),
        ("metadata.name>3", kinds.POD, "invalid selector: 'metadata.name>3'; can't understand 'metadata.name>3'"),
    ],
)
def test_field_selectors_that_a_kube_apiserver_refuses(text: str, kind: kinds.Kind, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        field_selector(text, kind)
    assert (caught.value.code, caught.value.message) == (400, message)


@given(st.text(max_size=30))
def test_any_text_is_a_field_selector_or_a_bad_request(text: str) -> None:
    try:
        field_selector(text, kinds.POD)(POD)
    except ApiError as error:
        assert error.code == 400
