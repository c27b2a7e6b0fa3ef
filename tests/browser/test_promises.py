"""Promises and minutes in the browser: readable at 320 px, clean for axe, and of use without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.models import Contribution, Correction, Minutes, Session
from dialogue_sessions.services import minutes as life
from messaging.models import Message
from organisation.models import today
from tests.dialogue_sessions.making import DAY, confirmed, open_pool
from tests.dialogue_sessions.promising import came, kept, open_promise, overdue

from . import town

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def held():
    """A session that somebody attended, its minutes open for corrections, with promises of every standing."""
    unit = town.office()
    who = confirmed(open_pool(3, unit=unit, slug="doi-thoai-den-duong", title="Đối thoại về đèn đường và nước sạch"))
    Session.objects.filter(pk=who.session_id).update(
        state="held", starts_at=timezone.now() - DAY, ends_at=timezone.now() - DAY / 2, registration_opens=None, registration_closes=None
    )
    session = Session.objects.get(pk=who.session_id)
    minutes = services.begin_minutes(session, None)
    for number in range(3):
        said = Contribution(minutes=minutes, village="khu phố 4", text=f"Bao giờ có đèn ở hẻm {number}?", answer="Trong tháng 12.")
        services.save_line(said, None)
    minutes = services.circulate(minutes, None)
    services.move_promise(open_promise(unit=unit, session=session, text="Lắp 12 đèn đường hẻm 19"), today() + 90 * DAY, "Chờ hàng về.", None, None)
    overdue(unit=unit, text="Nạo vét cống đường số 3", session=session)
    kept(unit=unit, text="Niêm yết quy hoạch tại nhà văn hóa", session=session)
    return session, minutes, came(who)


def publish(minutes):
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    return services.publish_minutes(services.finish(minutes, None), None)


@pytest.mark.accepts("W1")
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_of_promises_and_minutes_are_clean(visit, held, width):
    session, minutes, who = held
    token = life.token(minutes, who)
    correct = f"/lich/{session.slug}/bien-ban/gop-y/{token}/"
    promise = session.promises.order_by("pk").first()
    opened = visit(width=width)
    for address in (correct, "/loi-hua/", f"/loi-hua/{promise.pk}/", f"/loi-hua/{promise.pk}/theo-doi/", "/en/loi-hua/"):
        opened.open(address)
        assert opened.axe() == [], address
        assert opened.overflow() == [], address
        assert opened.violations == []
    publish(minutes)
    for address in (f"/lich/{session.slug}/bien-ban/", f"/lich/{session.slug}/bien-ban/in/"):
        opened.open(address)
        assert opened.axe() == [], address
        assert opened.overflow() == [], address


@pytest.mark.accepts("W3")
def test_somebody_who_attended_corrects_the_minutes_without_javascript(visit, held):
    session, minutes, who = held
    opened = visit(javascript=False)
    opened.open(f"/lich/{session.slug}/bien-ban/gop-y/{life.token(minutes, who)}/")
    opened.page.click("main form button[type=submit]")
    assert "Lỗi:" in opened.page.title()
    assert opened.page.locator("#error-summary").is_visible()
    opened.page.select_option("#id_line", index=1)
    opened.page.fill("#id_text", "Tôi hỏi hẻm 9, không phải hẻm 0.")
    opened.page.click("main form button[type=submit]")
    assert opened.page.get_by_text("Tôi hỏi hẻm 9, không phải hẻm 0.").is_visible()
    assert Correction.objects.get().contribution == minutes.contributions.first()


@pytest.mark.accepts("W3")
def test_somebody_follows_a_promise_without_javascript(visit, held):
    session, _minutes, _who = held
    promise = session.promises.order_by("pk").first()
    opened = visit(javascript=False)
    opened.open(f"/loi-hua/{promise.pk}/")
    opened.page.click("aside .button")
    opened.page.fill("#id_contact", "lan@example.vn")
    opened.page.click("main form.card button[type=submit]")
    code = re.search(r"\b(\d{6})\b", Message.objects.filter(kind="messaging.code").latest("pk").parts["text"])[1]
    opened.page.fill("#id_code", code)
    opened.page.click("main form.card button[type=submit]")
    assert opened.page.url.endswith(f"/loi-hua/{promise.pk}/theo-doi/xong/")
    assert promise.followers.count() == 1
