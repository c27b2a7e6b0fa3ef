"""The privacy notice says what is held: every kind of personal data, with the days after which it is forgotten, in both languages."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from dialogue_sessions.models.privacy import DAYS
from dialogue_sessions.question_privacy import UNPROVEN
from dialogue_sessions.services.reception import KEEP
from foundation.registries import personal_data
from portal.starting_pages import PAGES
from tests.dialogue_sessions import making

# Each kind of personal data, and the words that tell of it. A new kind needs words here, and so in the notice first.
TOLD = {
    "dialogue_sessions.registration": ("đăng ký, 90 ngày sau buổi", "a registration, 90 days after the day"),
    "dialogue_sessions.question": ("câu hỏi và giấy tờ gửi kèm, 90 ngày", "a question and its papers, 90 days"),
    "dialogue_sessions.signature": ("chữ ký, 90 ngày", "a signature, 90 days"),
    "dialogue_sessions.follower": ("người theo dõi, 90 ngày", "whoever follows, 90 days"),
    "dialogue_sessions.correction": ("góp ý cho biên bản, 90 ngày", "what you correct in minutes, 90 days"),
    "dialogue_sessions.receptioncase": ("Sổ tiếp công dân, năm năm", "register of reception days, five years"),
    "messaging.contact": ("số liên lạc của người theo dõi, 90 ngày", "number of whoever follows, 90 days"),
    "messaging.message": ("tin đã gửi, 90 ngày", "a message, 90 days"),
    "messaging.code": ("không nhập mã thì hai ngày", "without typing the code, two days"),
    "safeguards.storedfile": ("giấy tờ gửi kèm", "its papers"),
}


def text_of(language: str) -> str:
    return re.sub(r"<[^>]+>", " ", " ".join(str(block["value"]) for block in PAGES["privacy"][language]["body"]))


@pytest.mark.parametrize(("place", "language"), [(0, "vi"), (1, "en")])
def test_each_kind_of_personal_data_is_told_of(place, language):
    said = text_of(language)
    assert {name for name, _kind in personal_data.items()} == set(TOLD)
    assert [words[place] for words in TOLD.values() if words[place] not in said] == []


def test_the_days_of_the_notice_are_those_of_the_code():
    assert (DAYS, settings.MESSAGES_KEEP_DAYS, settings.CONTACTS_KEEP_DAYS, UNPROVEN.days, KEEP.days // 365) == (90, 90, 90, 2, 5)


@pytest.mark.django_db
def test_a_form_sets_one_cookie_that_ends_with_the_browser_and_a_page_sets_none():
    session, client = making.open_session(), Client()
    assert not client.get(session.get_absolute_url()).cookies
    found = client.get(reverse("dialogue_sessions:register", args=[session.slug])).cookies
    assert set(found) == {settings.CSRF_COOKIE_NAME}
    cookie = found[settings.CSRF_COOKIE_NAME]
    assert (cookie["max-age"], cookie["expires"], bool(cookie["httponly"]), cookie["samesite"]) == ("", "", True, "Lax")
