"""The tables behind decent hours: states' hours and caps, and the zones of states and regions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from parley.caps import FrequencyCap
from parley.quiet_hours import Hours, StateRule, StateRules, Week
from parley_aws.settings import settings

_TABLES = ("federal", "states", "state_zones")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def state_rules() -> StateRules:
    """The rules of this process, as its settings may override them."""
    return read_state_rules(settings().state_rules)


def read_state_rules(override: str | None = None) -> StateRules:
    """The federal hours, the states' stricter hours and caps, and the zones of each state.

    They come from `data/us_states.json`. `override` is JSON of the same shape: what it holds
    replaces `federal` and single entries of `states` and `state_zones`, so that an operator can
    follow counsel's advice without a release. Raises ValueError where it does not fit, or holds
    anything else.
    """
    shipped = json.loads(resources.files("parley_aws").joinpath("data/us_states.json").read_text())
    other = json.loads(override) if override else {}
    try:
        if unknown := ", ".join(sorted(other.keys() - _TABLES)):
            raise ValueError(f"state rules: {unknown} is none of {', '.join(_TABLES)}")
        return StateRules(
            federal=_week(other.get("federal", shipped["federal"])),
            states={
                state: _rule(rule)
                for state, rule in {**shipped["states"], **other.get("states", {})}.items()
            },
            state_zones={
                state: tuple(zones)
                for state, zones in {
                    **shipped["state_zones"],
                    **other.get("state_zones", {}),
                }.items()
            },
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"state rules: {error!r} does not fit data/us_states.json") from error


@cache
def region_zones() -> Mapping[str, tuple[str, ...]]:
    """The zones of every region (ISO 3166 country). Source: tzdata's zone.tab."""
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("ascii")
    zones: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            region, _, zone = line.split("\t")[:3]
            zones[region] = (*zones.get(region, ()), zone)
    return zones


def _rule(rule: Mapping[str, Any]) -> StateRule:
    return StateRule(
        week=_week(rule["week"]),
        caps=tuple(
            FrequencyCap(
                max_messages=int(cap["max_messages"]), window_hours=int(cap["window_hours"])
            )
            for cap in rule.get("caps", ())
        ),
    )


def _week(days: Mapping[str, str | None]) -> Week:
    return tuple((_hours(text),) if (text := days[day]) else () for day in _DAYS)


def _hours(text: str) -> Hours:
    opens, _, closes = text.partition("-")
    return Hours(opens=_minutes(opens), closes=_minutes(closes))


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
