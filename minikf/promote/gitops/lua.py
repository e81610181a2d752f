"""A health rule as Argo CD runs it: Lua 5.1 without the library `string`, the object in `obj`, one second.

Read in argo-cd v3.2.12 and v3.6.1, util/lua/lua.go: a rule out of argocd-cm has the libraries package, base, table and
a part of os. An error in a rule makes the whole application's health unknown, so nothing is taken for granted about
types.
"""

from __future__ import annotations

import json

from minikf.promote.gitops.health import HealthRule

_HEAD = """\
local health = {status = "Progressing", message = "nobody has said how it is yet"}
local function map(value)
  if type(value) == "table" then return value end
  return {}
end
local metadata, status = map(obj.metadata), map(obj.status)
local function condition(name)
  for _, one in ipairs(map(status.conditions)) do
    if type(one) == "table" and one.type == name then return one end
  end
  return {}
end
local function said(one)
  local text = ""
  if type(one.reason) == "string" then text = one.reason end
  if type(one.message) == "string" and one.message ~= "" then
    if text ~= "" then text = text .. ": " end
    text = text .. one.message
  end
  return text
end
if metadata.deletionTimestamp ~= nil then
  health.message = "it is being deleted"
  return health
end
if type(status.observedGeneration) == "number" and type(metadata.generation) == "number"
    and status.observedGeneration < metadata.generation then
  health.message = "its controller has not seen its latest change yet"
  return health
end
"""
_STOPPED = """\
if map(metadata.annotations)[{annotation}] ~= nil then
  health.status, health.message = "Healthy", "it is stopped, as it asks"
  return health
end
"""
_STUCK = """\
local stuck = map(status[{block}])[{field}]
if {tests} then
  health.status, health.message = "Degraded", {field} .. ": " .. stuck
  return health
end
"""
_FAILED = """\
local failed = condition({failed})
if failed.status == "True" then
  health.status, health.message = "Degraded", said(failed)
  return health
end
"""
_READY = """\
local ready = condition({ready})
if ready.status == "True" then
  health.status, health.message = "Healthy", said(ready)
elseif ready.type ~= nil then
  health.message = said(ready)
end
return health
"""


def lua(rule: HealthRule) -> str:
    """The script for `resource.customizations.health.<group>_<Kind>`."""
    text = _HEAD
    if rule.stopped:
        text += _STOPPED.format(annotation=_word(rule.stopped))
    if rule.stuck is not None:
        tests = " or ".join(f"stuck == {_word(value)}" for value in rule.stuck.values)
        text += _STUCK.format(block=_word(rule.stuck.block), field=_word(rule.stuck.field), tests=tests)
    if rule.failed:
        text += _FAILED.format(failed=_word(rule.failed))
    return text + _READY.format(ready=_word(rule.ready))


def _word(text: str) -> str:
    """A string of Lua: for the letters that the table holds, JSON's are the same."""
    return json.dumps(text)
