"""What templates of the back office need."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def back_office_name() -> str:
    """Whose back office it is, for titles."""
    return str(settings.WAGTAIL_SITE_NAME)
