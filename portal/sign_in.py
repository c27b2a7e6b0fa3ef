"""The form to sign in to the back office."""

from __future__ import annotations

from typing import Any

from wagtail.admin.forms.auth import LoginForm


class SignInForm(LoginForm):
    """Wagtail's, saying also to those who do not see the page which fields an error is about."""

    def full_clean(self) -> Any:
        """An error of the pair is one of both fields; the summary has the focus then, not the name."""
        super().full_clean()
        if not self.errors:
            return
        self.fields["username"].widget.attrs.pop("autofocus", None)
        if self.non_field_errors():
            for name in ("username", "password"):
                self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": "error-summary"}
