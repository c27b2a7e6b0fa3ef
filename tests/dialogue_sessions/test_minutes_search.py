"""Published minutes are found by what was said in them; drafts, final minutes that are not public and names of speakers are not."""

import pytest
from django.utils import timezone

from dialogue_sessions import minutes_search, services
from dialogue_sessions.models import Addendum, Contribution, Minutes
from search.models import Entry

from .making import DAY
from .promising import circulated

pytestmark = pytest.mark.django_db


def final():
    minutes = circulated(lines=1)
    said = Contribution(minutes=minutes, named=True, speaker="Nguyễn Thị Xưng Tên", text="Cống ở hẻm 23 bị tắc.", answer="Thông cống trong tuần này.")
    services.save_line(said, None)
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    return services.finish(minutes, None)


def found():
    return Entry.objects.filter(kind="minutes", live=True)


def test_minutes_are_found_once_they_are_public_and_with_what_is_added_later(client):
    minutes = final()
    assert not found().exists() and not list(minutes_search.documents())
    assert minutes_search._visible([str(minutes.pk), "x"]) == set()
    services.publish_minutes(minutes, None)
    entry = found().get()
    assert entry.title == f"Biên bản: {minutes.session.title}" and entry.unit == str(minutes.session.unit_id)
    assert "Cống ở hẻm 23 bị tắc." in entry.body and "Thông cống trong tuần này." in entry.body
    assert client.get(entry.url).status_code == 200
    assert minutes_search._visible([str(minutes.pk)]) == {str(minutes.pk)}
    services.add_addendum(Addendum(minutes=minutes, text="Đúng ra là hẻm 32."), None)
    assert "hẻm 32" in found().get().body


def test_a_name_is_never_in_search():
    services.publish_minutes(final(), None)
    entry = found().get()
    assert "Xưng" not in f"{entry.title} {entry.body} {entry.facts} {entry.streams}"
