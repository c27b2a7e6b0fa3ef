"""Official names, numbers and places in templates."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString

from .. import presentation

register = template.Library()


@register.simple_tag
def bilingual(vietnamese: str, english: str = "") -> str | SafeString:
    """The text in the reader's language; Vietnamese shown to others is marked as such, so that it is read out right."""
    return presentation.marked(vietnamese, english)


@register.filter
def telephone_link(number: str) -> str:
    """`tel:` address of a number as people write it."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")


@register.filter
def grouped(number: int | None) -> str:
    """A count with its thousands apart, as the language has them."""
    return "" if number is None else str(number_format(number, use_l10n=True, force_grouping=True))


@register.filter
def seats(number: int) -> str:
    """`40 seats`."""
    return presentation.seats_text(number)
