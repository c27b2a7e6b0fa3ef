"""Forms of public pages: what is wrong stands in a summary that has the focus, and at each field (W3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# What Django says of every empty field tells nobody what to do; a field with words of its own keeps them.
_PLAIN = forms.Field.default_error_messages["required"]
_FILL, _CHOOSE = _("This is needed: please fill it in."), _("This is needed: please choose.")


class TellingForm(forms.Form):
    """A form whose fields know, for those who do not see the page, that they are wrong and where it says why."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.error_messages.get("required") is _PLAIN:
                field.error_messages["required"] = _CHOOSE if isinstance(field, forms.ChoiceField) else _FILL

    def full_clean(self) -> None:
        """Clean, then mark the fields. The summary of errors has the focus then, not the first field."""
        super().full_clean()
        pair = list(self.fields) if self.is_bound and self.non_field_errors() else []
        for name, field in self.fields.items():
            if name in self.errors:
                field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{self[name].auto_id}_error"}
            elif name in pair:
                field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": "error-summary"}
            elif field.help_text:
                field.widget.attrs["aria-describedby"] = f"{self[name].auto_id}_help"
