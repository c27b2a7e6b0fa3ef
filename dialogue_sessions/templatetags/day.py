"""Moments and addresses as the pages of the day show them."""

from __future__ import annotations

import datetime as dt

from django import template

register = template.Library()


@register.filter
def moment(value: dt.datetime) -> int:
    """Milliseconds since 1970, as scripts count."""
    return int(value.timestamp() * 1000)


@register.filter
def shown(address: str) -> str:
    """An address as somebody types it off a wall: without the scheme and the last slash."""
    return address.partition("://")[2].rstrip("/")
