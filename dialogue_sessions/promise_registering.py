"""What promises and minutes tell the registries when the application starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Search, sitemap, API, open data, feed, panels, messages, personal data."""
    from foundation.registries import PersonalData, personal_data, sealed

    from . import kinds, minutes_search, promise_api, promise_feed, promise_jobs, promise_open_data, promise_panels, promise_search  # noqa: F401  # jobs register themselves
    from .records import hooks  # noqa: F401  # hooks register themselves
    from .services import following, minutes, reception

    kinds.register()
    promise_search.register()
    minutes_search.register()
    promise_api.register()
    promise_open_data.register()
    promise_feed.register()
    promise_panels.register()
    personal_data.register(
        "dialogue_sessions.follower",
        PersonalData(_("followers of promises"), following.due, following.purge, following.export, following.erase),
    )
    personal_data.register(
        "dialogue_sessions.correction",
        PersonalData(_("proposed corrections of minutes"), minutes.due, minutes.purge, minutes.export, minutes.erase),
    )
    personal_data.register(
        "dialogue_sessions.receptioncase",
        PersonalData(_("cases of reception days"), reception.due, reception.purge, reception.export, reception.erase),
    )
    sealed.register("dialogue_sessions.correction", minutes.rewrap)
    sealed.register("dialogue_sessions.receptioncase", reception.rewrap)
