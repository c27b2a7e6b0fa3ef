"""The public pages of minutes: published ones for everybody, circulated ones for those who attended, nothing for anybody else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.models import Addendum, Contribution, Correction, Minutes, Session
from dialogue_sessions.services import minutes as life

from .making import DAY, confirmed, open_pool
from .promising import came, circulated, held_session, minutes_of, open_promise

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def publish(minutes):
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    return services.publish_minutes(services.finish(minutes, None), None)


def text_of(response):
    return response.content.decode()


@pytest.fixture
def attended():
    """Minutes open for corrections, and the address of somebody who attended."""
    who = confirmed(open_pool(3))
    Session.objects.filter(pk=who.session_id).update(
        state="held", starts_at=timezone.now() - DAY, ends_at=timezone.now() - DAY / 2, registration_opens=None, registration_closes=None
    )
    minutes = circulated(Session.objects.get(pk=who.session_id))
    return minutes, f"/lich/{minutes.session.slug}/bien-ban/gop-y/{life.token(minutes, came(who))}/"


def test_nobody_sees_minutes_before_they_are_published(client, attended):
    minutes, address = attended
    slug = minutes.session.slug
    for path in (f"/lich/{slug}/bien-ban/", f"/lich/{slug}/bien-ban/in/", f"/lich/{slug}/bien-ban.pdf"):
        assert client.get(path).status_code == 404
    assert client.get(address).status_code == 200
    assert client.get(address.replace(slug, "khac")).status_code == 404
    assert client.get(f"/lich/{slug}/bien-ban/gop-y/khong-phai/").status_code == 404


def test_the_link_of_somebody_who_attended_is_kept_by_nobody(client, attended):
    page = client.get(attended[1])
    assert page["Cache-Control"] == "no-store, private"
    assert 'name="robots" content="noindex"' in text_of(page)


def test_a_correction_is_sent_and_its_answer_read_on_the_same_page(client, attended):
    minutes, address = attended
    assert client.get(address).status_code == 200
    assert not Correction.objects.exists()
    wrong = client.post(address, {"line": "999999", "text": "Giữ lại chữ này"})
    assert wrong.status_code == 422
    assert "Giữ lại chữ này" in text_of(wrong)
    assert client.post(address, {"line": minutes.contributions.first().pk, "text": "Tôi nói hẻm 9."}).status_code == 302
    row = Correction.objects.get()
    services.decide(row, accept=True, public_text="Sửa số hẻm.", reason="Đúng như băng ghi âm.", actor=None)
    page = text_of(client.get(address))
    assert "Tôi nói hẻm 9." in page
    assert "Đúng như băng ghi âm." in page
    publish(minutes)
    public = text_of(Client().get(f"/lich/{minutes.session.slug}/bien-ban/"))
    assert "Sửa số hẻm." in public
    assert "Tôi nói hẻm 9." not in public


def test_a_correction_needs_our_token(attended):
    assert Client(enforce_csrf_checks=True).post(attended[1], {"text": "x"}).status_code == 403


def test_a_correction_too_late_is_refused_with_what_was_typed(client, attended):
    minutes, address = attended
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    page = client.post(address, {"text": "Đến muộn"})
    assert page.status_code == 422
    assert "Đến muộn" in text_of(page)
    assert not Correction.objects.exists()


def test_published_minutes_show_answers_promises_and_what_was_added_in_twelve_queries(client, django_assert_max_num_queries):
    session = held_session()
    minutes = circulated(session)
    for number in range(4):
        line = minutes.contributions.first()
        open_promise(unit=session.unit, session=session, contribution=line, text=f"Lời hứa {number}")
    publish(minutes)
    services.add_addendum(Addendum(minutes=minutes, text="Ngày đúng là 15/12."), None)
    with django_assert_max_num_queries(12):
        page = client.get(f"/lich/{session.slug}/bien-ban/")
    assert "Bao giờ có đèn đường 0?" in text_of(page)
    assert "Lời hứa 3" in text_of(page)
    assert "Ngày đúng là 15/12." in text_of(page)
    assert 'một người dân <span lang="vi">khu phố 4</span>' in text_of(page)
    assert "public" in page["Cache-Control"]
    assert not page.cookies


def test_the_sheet_has_a_code_for_each_promise_and_the_pdf_is_one(client):
    session = held_session()
    open_promise(unit=session.unit, session=session, text="Lắp đèn #1 *ngay* $x$")
    publish(circulated(session))
    assert text_of(client.get(f"/lich/{session.slug}/bien-ban/in/")).count('class="qr"') == 1
    made = client.get(f"/lich/{session.slug}/bien-ban.pdf")
    assert made["Content-Type"] == "application/pdf"
    assert made.content.startswith(b"%PDF")


def test_late_results_say_why_on_the_page(client):
    session = held_session()
    minutes = circulated(session)
    Session.objects.filter(pk=session.pk).update(starts_at=timezone.now() - 40 * DAY, ends_at=timezone.now() - 39 * DAY)
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    services.publish_minutes(services.finish(minutes, None), None, late_reason="Chờ số liệu của huyện.")
    assert "Chờ số liệu của huyện." in text_of(client.get(f"/lich/{session.slug}/bien-ban/"))


@pytest.mark.accepts("B10")
def test_hostile_words_are_shown_as_words_in_minutes(client):
    session = held_session()
    minutes = minutes_of(session, lines=0)
    services.save_line(Contribution(minutes=minutes, text=HOSTILE, answer=HOSTILE, village=HOSTILE, named=True, speaker=HOSTILE), None)
    minutes = services.save_summary(minutes, HOSTILE, HOSTILE, minutes.version, None)
    open_promise(unit=session.unit, session=session, text=HOSTILE)
    publish(services.circulate(minutes, None))
    services.add_addendum(Addendum(minutes=minutes, text=HOSTILE), None)
    for address in (f"/lich/{session.slug}/bien-ban/", f"/en/lich/{session.slug}/bien-ban/", f"/lich/{session.slug}/bien-ban/in/"):
        page = text_of(client.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert client.get(f"/lich/{session.slug}/bien-ban.pdf").content.startswith(b"%PDF")
