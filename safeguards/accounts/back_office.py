"""Who manages accounts, in the back office: forms without passwords, and a page for what a person cannot do alone."""

from __future__ import annotations

import math
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods
from wagtail.admin.views.account import NameEmailSettingsPanel
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views import users

from safeguards.models import User

from . import factors, services

FIELDS = ["username", "display_name", "email", "is_superuser", "groups"]


class NewAccountForm(UserCreationForm):
    """An account begins without a password; its owner chooses one by a link."""

    first_name = None
    last_name = None
    email = forms.EmailField(required=False, label=gettext_lazy("E-mail address"))

    class Meta(UserCreationForm.Meta):
        fields = FIELDS

    def save(self, commit: bool = True) -> User:
        """Nobody signs in with no password."""
        if self.instance.pk is None:
            self.instance.set_unusable_password()
        user: User = super().save(commit=commit)
        return user


class AccountForm(UserEditForm):
    """What who manages accounts may change of one."""

    first_name = None
    last_name = None
    email = forms.EmailField(required=False, label=gettext_lazy("E-mail address"))

    class Meta(UserEditForm.Meta):
        fields = [*FIELDS, "is_active"]


class OwnNameForm(forms.ModelForm[User]):
    """One's own name and address, on the back office's page about oneself."""

    class Meta:
        model = User
        fields: ClassVar = ["display_name", "email"]


def name_oneself() -> None:
    """Wagtail's page about oneself asks for first and last name, which nobody here has, and saves nothing without them."""
    NameEmailSettingsPanel.form_class = OwnNameForm


class CreateView(users.CreateView):
    """A new account, with its event; then the page where its link is made."""

    @transaction.atomic
    def save_instance(self) -> User:
        """Both or neither."""
        user: User = super().save_instance()
        services.account_saved(user, actor=self.request.user, made=True, changed=list(self.form.changed_data))
        return user

    def get_success_url(self) -> str:
        """Where the link is made."""
        return str(redirect("account_access", self.object.pk).url)


class EditView(users.EditView):
    """A change, with its event."""

    @transaction.atomic
    def save_instance(self) -> User:
        """Both or neither."""
        user: User = super().save_instance()
        services.account_saved(user, actor=self.request.user, made=False, changed=list(self.form.changed_data))
        return user


class UserViewSet(users.UserViewSet):
    """Wagtail's, with those two."""

    add_view_class = CreateView
    edit_view_class = EditView

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm[User]]:
        """Without passwords."""
        form: type[forms.ModelForm[User]] = AccountForm if for_update else NewAccountForm
        return form


@require_http_methods(["GET", "POST"])
@sensitive_variables("link")
def access(request: HttpRequest, pk: int) -> HttpResponse:
    """How this person gets in: a link to choose a password, the second factor taken away, the lock opened. Superusers only (A13)."""
    manager = request.user
    if not isinstance(manager, User) or not manager.is_superuser:
        raise PermissionDenied
    person = get_object_or_404(User, pk=pk)
    link = ""
    if request.method == "POST":
        action = request.POST.get("action")
        if action == "link" and person.is_active:
            link = services.give_link(person, actor=manager)
        elif action == "factor":
            services.remove_factor(person, actor=manager)
            messages.success(request, _("The second factor is gone. This person sets up a new one when signing in next."))
        elif action == "unlock":
            services.unlock(person, actor=manager)
            messages.success(request, _("The account is open again."))
        else:
            messages.error(request, _("Nothing was done: this cannot be done with this account."))
        if not link:
            return redirect("account_access", person.pk)
    context = {
        "person": person,
        "link": link,
        "has_factor": factors.is_set_up(person),
        "locked_minutes": math.ceil(services.locked_seconds(person) / 60),
        "page_title": _("Access"),
    }
    response = render(request, "safeguards/admin/access.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
