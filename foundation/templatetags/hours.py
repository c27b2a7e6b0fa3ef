"""Hours in templates (`foundation.hours`); every template has these filters."""

from __future__ import annotations

from django import template

from .. import hours

register = template.Library()
for function in (hours.clock, hours.clock_day, hours.day_clock):
    register.filter(function.__name__, function)
