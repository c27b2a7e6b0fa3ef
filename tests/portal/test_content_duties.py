"""Public duties: due within five working days, shown for thirty, lateness told, reminded of once, listed by quarter."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data

from organisation.models import CalendarDay, Holding, today
from portal import jobs
from portal.models import DisclosureItem, DutyReminder
from portal.services import ContentError, disclosure
from portal.services.disclosure import Quarter
from safeguards.models import Event

from .conftest import DAY, signed_in

pytestmark = pytest.mark.django_db
WEDNESDAY = dt.datetime(2026, 11, 18, 10, tzinfo=dt.UTC)


def text(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def reminders(monkeypatch):
    """What the queue was asked for."""
    asked: list[list[int]] = []
    monkeypatch.setattr(jobs.send_reminders, "defer", lambda *, reminder_ids: asked.append(reminder_ids))
    return asked


@time_machine.travel(WEDNESDAY)
def test_due_five_working_days_after_the_decision_by_the_unit_s_calendar(duty, unit):
    assert duty("thuong", live=False, decided_on=dt.date(2026, 11, 4)).due_on == dt.date(2026, 11, 11)  # a weekend between
    CalendarDay.objects.create(date=dt.date(2026, 11, 9), kind="holiday", label="Nghỉ", unit=unit, counts_for_deadlines=False, counter_open=False)
    assert duty("nghi", live=False, decided_on=dt.date(2026, 11, 4)).due_on == dt.date(2026, 11, 12)
    assert duty("luat-khac", live=False, decided_on=dt.date(2026, 11, 4), term=10).due_on == dt.date(2026, 11, 19)


@time_machine.travel(WEDNESDAY)
def test_once_public_its_day_stands(duty, unit):
    item = duty(decided_on=dt.date(2026, 11, 16))
    assert item.published_on == today()
    assert item.due_on == dt.date(2026, 11, 23)
    CalendarDay.objects.create(date=dt.date(2026, 11, 19), kind="holiday", label="Nghỉ", unit=unit, counts_for_deadlines=False, counter_open=False)
    item.save()
    assert DisclosureItem.objects.get(pk=item.pk).due_on == dt.date(2026, 11, 23)


@time_machine.travel(WEDNESDAY)
def test_lateness_stands_on_the_public_page(duty):
    late = duty("tre", decided_on=dt.date(2026, 11, 2))  # due on the 9th, public on the 18th
    assert late.late_days() == 7
    assert "Công khai trễ 7 ngày làm việc." in text(late.get_absolute_url())
    assert "trễ 7 ngày làm việc" in text("/cong-khai/")
    assert "7 working days late" in text("/en/cong-khai/")
    assert "trễ" not in text(duty("dung-han").get_absolute_url()).partition('<main id="main"')[2].partition("</main>")[0]


@time_machine.travel(WEDNESDAY)
def test_what_is_owed_is_told_without_words_that_nobody_approved(duty):
    duty("chua", live=False, title="Tựa chưa ai duyệt", decided_on=dt.date(2026, 11, 2))
    shown = text("/cong-khai/")
    assert "Chưa công khai, trễ 7 ngày làm việc." in shown
    assert "Công chức tài chính" in shown
    assert "Tựa chưa ai duyệt" not in shown
    assert Client().get("/cong-khai/chua/").status_code == 404


def test_all_fourteen_groups_stand_there_and_two_are_the_catalogue(site):
    shown = text("/cong-khai/")
    assert [f'id="nhom-{number}"' in shown for number in range(1, 16)] == [True] * 14 + [False]
    assert shown.count('href="/thu-tuc/"') >= 2


@pytest.mark.parametrize("group", [4, 13])
def test_groups_four_and_thirteen_stay(duty, group):
    item = duty(group=group, posted_until=today() + 40 * DAY)
    assert item.permanent
    assert item.posted_until is None
    with pytest.raises(IntegrityError, match="duty_permanent_groups"), transaction.atomic():
        DisclosureItem.objects.filter(pk=item.pk).update(permanent=False)


def test_thirty_consecutive_days_at_least(duty):
    with pytest.raises(ValidationError):
        duty("ngan", posted_until=today() + 28 * DAY)
    item = duty("du", posted_until=today() + 29 * DAY)
    with pytest.raises(IntegrityError, match="duty_shown_thirty_days"), transaction.atomic():
        DisclosureItem.objects.filter(pk=item.pk).update(posted_until=today() + 28 * DAY)


def test_after_its_last_day_it_is_off_the_list_but_its_address_answers(duty):
    item = duty(published_on=today() - 60 * DAY)
    DisclosureItem.objects.filter(pk=item.pk).update(posted_until=today() - DAY)
    assert item.get_absolute_url() not in text("/cong-khai/")
    assert "giữ lại đây để tra cứu" in text(item.get_absolute_url())
    assert "noindex" in text(item.get_absolute_url())


def test_a_decision_to_come_is_refused(duty):
    with pytest.raises(ValidationError):
        duty(decided_on=today() + DAY)


@pytest.mark.parametrize("link", ["//elsewhere.example", "https://elsewhere.example/", "javascript:alert(1)", "/a b", "/\\evil"])
def test_only_an_address_of_the_portal_may_stand_as_its_link(duty, link):
    with pytest.raises(ValidationError):
        duty(link=link)


def test_a_review_is_on_record_and_the_next_one_reckoned(duty, publisher):
    item = duty(review_months=3)
    reviewed = disclosure.review(item, publisher)
    assert reviewed.reviewed_on == today()
    assert reviewed.review_on > today() + 80 * DAY
    assert Event.objects.get(kind="portal.duty_reviewed").actor == publisher
    with pytest.raises(ContentError):
        disclosure.review(duty("nhap", live=False), publisher)


def test_each_is_reminded_of_once_and_each_owner_gets_one_letter(duty, owner, unit, reminders):
    post = duty("mot", published_on=today() - 400 * DAY).owner_post
    duty("hai", published_on=today() - 400 * DAY)
    duty("vo-chu", published_on=today() - 400 * DAY, owner_post=None, owner_words="Ai đó")
    duty("moi")
    Holding.objects.create(post=post, person=owner, valid_from=today() - 10 * DAY)
    made = disclosure.remind()
    assert sorted(one.item.key for one in made) == ["hai", "mot", "vo-chu"]
    assert len(reminders) == 1  # one owner with an address
    assert disclosure.remind() == []
    assert len(reminders) == 1
    assert disclosure.send(reminders[0]) == 2
    (letter,) = mail.outbox
    assert letter.to == ["mau@example.org"]
    assert "12 tỷ" not in letter.body
    assert disclosure.send(reminders[0]) == 0
    assert len(mail.outbox) == 1
    assert Event.objects.filter(kind="portal.duty_reminded").count() == 3


@time_machine.travel(WEDNESDAY)
def test_what_must_be_public_within_two_working_days_is_reminded_of(duty, reminders):
    duty("gap", live=False, decided_on=dt.date(2026, 11, 13))  # due on the 20th
    duty("con-lau", live=False, decided_on=dt.date(2026, 11, 17))
    assert [(one.item.key, one.kind) for one in disclosure.remind()] == [("gap", "due")]


def test_the_next_round_is_reminded_of_again(duty, publisher, reminders):
    item = duty(published_on=today() - 400 * DAY)
    assert len(disclosure.remind()) == 1
    disclosure.review(item, publisher, on=today())
    assert disclosure.remind() == []
    with time_machine.travel(dt.datetime.now(dt.UTC) + 400 * DAY):
        assert len(disclosure.remind()) == 1
    assert DutyReminder.objects.count() == 2


def test_a_mail_server_that_is_down_leaves_the_reminder_to_be_sent(duty, owner, reminders, monkeypatch):
    duty(published_on=today() - 400 * DAY, owner=owner, owner_post=None)
    disclosure.remind()

    def down(*args, **kwargs):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken, pytest.raises(ConnectionRefusedError):
        broken.setattr(disclosure, "send_mail", down)
        disclosure.send(reminders[0])
    assert disclosure.send(reminders[0]) == 1


@pytest.mark.parametrize(
    ("day", "code", "first", "last"),
    [
        (dt.date(2026, 1, 1), "2026-1", dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
        (dt.date(2026, 11, 22), "2026-4", dt.date(2026, 10, 1), dt.date(2026, 12, 31)),
        (dt.date(2024, 6, 30), "2024-2", dt.date(2024, 4, 1), dt.date(2024, 6, 30)),
    ],
)
def test_quarters(day, code, first, last):
    quarter = Quarter.of(day)
    assert (quarter.code, quarter.first, quarter.last) == (code, first, last)


@time_machine.travel(WEDNESDAY)
def test_the_list_of_a_quarter_as_page_and_file_says_the_same(duty):
    duty("trong-quy", decided_on=dt.date(2026, 11, 2), title="=HYPERLINK(1)")
    duty("quy-truoc", published_on=dt.date(2026, 9, 30))
    duty("chua", live=False)
    shown = text("/cong-khai/quy/2026-4/")
    assert "=HYPERLINK(1)" in shown
    assert "trễ 7 ngày làm việc" in shown
    assert "quy-truoc" not in shown
    response = Client().get("/cong-khai/quy/2026-4.csv")
    assert "attachment" in response.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert row["title"] == "'=HYPERLINK(1)"  # no spreadsheet runs it
    assert (row["published_on"], row["late_days"], row["group"]) == ("2026-11-18", "7", "2")


@pytest.mark.parametrize("code", ["2026-5", "2026-0", "1999-1", "2999-1", "x", "2026"])
def test_a_quarter_that_cannot_be_is_not_found(site, code):
    assert Client().get(f"/cong-khai/quy/{code}/").status_code == 404
    assert Client().get(f"/cong-khai/quy/{code}.csv").status_code == 404


@pytest.mark.accepts("L3")
def test_the_overview_costs_the_same_whatever_there_is(duty, django_assert_max_num_queries):
    def cost() -> int:
        with django_assert_max_num_queries(15) as counted:
            text("/cong-khai/")
        return len(counted)

    duty("a"), duty("b", live=False)
    text("/cong-khai/")
    few = cost()
    for number in range(8):
        duty(f"x{number}", group=1 + number)
        duty(f"y{number}", group=1 + number, live=False)
    assert cost() == few


def test_the_editor_writes_and_the_publisher_publishes_in_the_back_office(site, unit, editor, publisher):
    data = nested_form_data({
        "group": "1", "key": "ke-hoach", "title": "Kế hoạch năm", "summary": "", "body": "Một.\n\nHai.", "document": "", "link": "",
        "title_en": "", "summary_en": "", "body_en": "", "unit": unit.pk, "owner_post": "", "owner": "", "owner_words": "Văn phòng",
        "basis": "Luật 10/2022", "decided_on": f"{today():%d/%m/%Y}", "term": "5", "channels": ["portal"], "posted_until": "", "review_months": "6",
    })  # fmt: skip
    add = reverse("wagtailsnippets_portal_disclosureitem:add")
    assert signed_in(editor).post(add, data).status_code == 302
    item = DisclosureItem.objects.get(key="ke-hoach")
    assert not item.live
    edit = reverse("wagtailsnippets_portal_disclosureitem:edit", args=[item.pk])
    refused = signed_in(editor).post(edit, {**data, "action-publish": "1"})
    assert not DisclosureItem.objects.get(pk=item.pk).live
    assert refused.status_code in {200, 302}
    assert signed_in(publisher).post(edit, {**data, "action-publish": "1"}).status_code == 302
    item.refresh_from_db()
    assert item.live
    assert item.published_on == today()
    report = signed_in(publisher).get(reverse("portal_backoffice:duties_report"))
    assert report.status_code == 200
    assert signed_in(publisher).get(reverse("portal_backoffice:review", args=[item.pk])).status_code == 200
    signed_in(publisher).post(reverse("portal_backoffice:review", args=[item.pk]))
    assert DisclosureItem.objects.get(pk=item.pk).reviewed_on == today()


def test_the_preview_of_a_draft_is_the_public_page(duty, editor):
    item = duty(live=False)
    response = item.make_preview_request()
    assert "Dự toán ngân sách năm 2026" in response.content.decode()


def test_of_what_nobody_approved_nothing_typed_is_public(duty):
    """Unit and days are facts; words of an editor wait for a second person, those about the owner too."""
    duty("cho", live=False, owner_post=None, owner_words="Gọi bà Hạnh ở nhà riêng", decided_on=today() - 30 * DAY)
    page = text("/cong-khai/")
    assert "Phường Sông Lành" in page
    assert "bà Hạnh" not in page


def test_what_was_taken_off_the_site_loses_its_words_in_the_quarterly_list(duty):
    item = duty("trot-dang", title="Danh sách có tên bà Hạnh", title_en="", basis="Theo đơn của bà Hạnh")
    code = Quarter.of(today()).code
    for path in (f"/cong-khai/quy/{code}/", f"/cong-khai/quy/{code}.csv"):
        assert "bà Hạnh" in text(path)
    item.unpublish()
    for path in (f"/cong-khai/quy/{code}/", f"/cong-khai/quy/{code}.csv"):
        assert "bà Hạnh" not in text(path)
        assert "trot-dang" not in text(path)
        assert "đã gỡ" in text(path)  # that there was something stays


def test_all_that_is_public_counts_also_where_a_group_is_long(duty, monkeypatch):
    from portal import disclosure as lists

    monkeypatch.setattr(lists, "PER_GROUP", 1)
    duty("mot")
    duty("hai")
    assert lists.groups_context()["count"] == 2
