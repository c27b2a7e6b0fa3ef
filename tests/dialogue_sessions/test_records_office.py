"""Promises and minutes in the back office: own units only, overdue first, nothing typed is lost, few queries."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from dialogue_sessions import services
from dialogue_sessions.models import ConclusionLine, ConclusionNotice, Contribution, Correction, Promise, ReceptionCase
from messaging.models import Message
from organisation.models import Holding, Person, Post, today
from safeguards.models import Event, User
from tests.beginnings import house_roles
from tests.organisation import factories

from .making import DAY, fresh
from .promising import circulated, draft_promise, held_session, minutes_of, open_promise, overdue, post_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward():
    return factories.ward("Phường Nhà")


@pytest.fixture
def staff(ward):
    """Somebody of the ward, signed in, in a role."""
    house_roles()

    def sign_in(role, unit=ward):
        user = User.objects.create_user(username=f"{role}-{unit.pk}", password=None, email=f"{role}.{unit.pk}@example.org")
        user.groups.add(Group.objects.get(name=role))
        post, _new = Post.objects.get_or_create(unit=unit, title=f"Cán bộ {role}")
        Holding.objects.create(post=post, person=Person.objects.create(name=f"Người {role}", account=user), valid_from=today() - DAY)
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        client.user = user
        return client

    return sign_in


def at(name, *arguments):
    return reverse(f"dialogue_records:{name}", args=arguments)


def text_of(response):
    return response.content.decode()


@pytest.mark.accepts("A10")
def test_promises_of_other_units_are_not_there(staff, ward):
    ours, theirs = open_promise(unit=ward, text="Việc của ta"), open_promise(text="Việc của người")
    client = staff("approver")
    page = text_of(client.get(at("promises")))
    assert ours.text in page
    assert theirs.text not in page
    assert client.get(at("promise", theirs.pk)).status_code == 404
    assert client.post(at("promise_action", theirs.pk, "refuse"), {"refuse-reason": "x"}).status_code == 404
    assert fresh(theirs).state == "open"
    client.post(at("promises"), {"promise": [theirs.pk]})
    assert not Message.objects.filter(kind="dialogue_sessions.promise_reminder").exists()


@pytest.mark.accepts("A10")
def test_minutes_cases_and_corrections_of_other_units_are_not_there(staff):
    minutes = circulated()
    correction = Correction(minutes=minutes)
    correction.proposed = "Bí mật của người khác"
    correction.save()
    client = staff("approver")
    session = minutes.session
    for name in ("minutes", "cases", "new_case", "new_conclusion"):
        assert client.get(at(name, session.pk)).status_code == 404, name
    assert "Bí mật" not in text_of(client.get(at("corrections")))
    assert client.post(at("correction", correction.pk), {"accept": "1"}).status_code == 404
    assert client.post(at("minutes_action", session.pk, "finish")).status_code == 404


def test_overdue_stands_first_and_lists_are_narrowed(staff, ward):
    open_promise(unit=ward, text="Còn xa", due_in=40)
    open_promise(unit=ward, text="Tuần này", due_in=3)
    overdue(unit=ward, text="Quá hạn rồi")
    client = staff("handler")
    page = text_of(client.get(at("promises")))
    assert page.index("Quá hạn rồi") < page.index("Tuần này") < page.index("Còn xa")
    assert "Còn xa" not in text_of(client.get(at("promises"), {"state": "week"}))
    assert "Tuần này" not in text_of(client.get(at("promises"), {"state": "qua-han"}))
    assert client.get(at("promises"), {"state": "x", "unit": "y", "p": "z"}).status_code == 200


@pytest.mark.accepts("L3")
def test_lists_and_editor_take_25_queries_however_much_there_is(staff, ward, django_assert_max_num_queries):
    client = staff("approver")
    session = held_session(unit=ward)
    minutes = minutes_of(session, lines=3)
    promises = [overdue(unit=ward) for _number in range(3)]
    addresses = [
        at("promises"),
        at("promise", promises[0].pk),
        at("minutes_list"),
        at("minutes", session.pk),
        at("corrections"),
        at("cases", session.pk),
    ]

    def ask():
        found = []
        for address in addresses:
            with django_assert_max_num_queries(25, info=address) as captured:
                assert client.get(address).status_code == 200
            # Who is signed in is noted now and then, whatever the page.
            found.append(sum(query["sql"].upper().startswith("SELECT") for query in captured.captured_queries))
        return found

    ask()
    few = ask()
    for number in range(8):
        overdue(unit=ward)
        services.save_line(Contribution(minutes=minutes, text=f"Ý kiến {number}", answer="Vâng."), None)
    ask()  # what others keep in memory is read anew after a change
    assert ask() == few


def test_those_ticked_are_reminded(staff, ward):
    promise = open_promise(unit=ward, due_in=3)
    client = staff("handler")
    client.post(at("promises"), {"promise": [promise.pk, "x", "9" * 30]})
    assert Message.objects.filter(kind="dialogue_sessions.promise_reminder").count() == 1


def test_who_may_only_look_does_nothing(staff, ward):
    promise, client = open_promise(unit=ward), staff("clerk")
    assert client.get(at("promise", promise.pk)).status_code == 200
    assert client.get(at("new_promise")).status_code in {302, 403}
    for action in ("keep", "move", "refuse", "evidence"):
        assert client.post(at("promise_action", promise.pk, action), {}).status_code in {302, 403}
    assert fresh(promise).version == promise.version


def test_who_works_with_promises_does_not_decide_on_them(staff, ward):
    draft, client = draft_promise(unit=ward), staff("handler")
    assert client.post(at("promise_action", draft.pk, "publish")).status_code in {302, 403}
    assert fresh(draft).state == "draft"


def test_a_promise_is_written_published_moved_and_kept(staff, ward):
    post = post_of(ward)
    client = staff("approver")
    wrong = client.post(at("new_promise"), {"text": "Lắp đèn", "post": post.pk, "made_on": "2026-13-40", "due_on": ""})
    assert wrong.status_code == 422
    assert "Lắp đèn" in text_of(wrong)
    assert "error-summary" in text_of(wrong)
    made = client.post(at("new_promise"), {"text": "Lắp đèn", "post": post.pk, "made_on": today(), "due_on": today() + 9 * DAY})
    promise = Promise.objects.get()
    assert made["Location"] == at("promise", promise.pk)
    client.post(at("promise_action", promise.pk, "publish"))
    nothing = client.post(
        at("promise_action", promise.pk, "move"), {"move-due_on": today() + 30 * DAY, "move-decided_by": post.pk, "move-reason": ""}
    )
    assert nothing.status_code == 422
    client.post(at("promise_action", promise.pk, "move"), {"move-due_on": today() + 30 * DAY, "move-decided_by": post.pk, "move-reason": "Chờ hàng"})
    assert promise.moves.get().decided_by == post
    client.post(at("promise_action", promise.pk, "keep"), {"keep-kept_on": today(), "keep-result": "Đã lắp"})
    assert fresh(promise).state == "kept"
    page = text_of(client.get(at("promise", promise.pk)))
    assert "Chờ hàng" in page
    assert "Đã lắp" in page


@pytest.mark.accepts("C8")
def test_a_page_left_open_writes_over_nothing_and_loses_nothing(staff, ward):
    promise = open_promise(unit=ward)
    post = post_of(ward)
    client = staff("approver")
    seen = promise.version
    services.move_promise(promise, today() + 77 * DAY, "Mưa.", post, None)
    typed = {"change-text": "Nội dung tôi vừa gõ", "change-reason": "Lý do", "change-decided_by": post.pk, "change-version": seen}
    page = client.post(at("promise_action", promise.pk, "change"), typed)
    assert page.status_code == 422
    assert "Nội dung tôi vừa gõ" in text_of(page)
    assert fresh(promise).text == promise.text
    typed["change-version"] = fresh(promise).version
    assert client.post(at("promise_action", promise.pk, "change"), typed).status_code == 302


@pytest.mark.accepts("C8")
def test_a_line_that_somebody_else_changed_comes_back_with_what_was_typed(staff, ward):
    session = held_session(unit=ward)
    minutes = minutes_of(session, lines=1)
    row, client = minutes.contributions.get(), staff("handler")
    name = f"line-{row.pk}"
    row.answer = "Người kia đã sửa."
    services.save_line(row, None, version=1)
    typed = {f"{name}-text": "Tôi gõ", f"{name}-answer": "Tôi cũng gõ", f"{name}-version": "1"}
    page = client.post(at("minutes_row", session.pk, "line", row.pk), typed)
    assert page.status_code == 422
    assert "Tôi cũng gõ" in text_of(page)
    assert "Người kia đã sửa." in text_of(page)
    assert fresh(row).text != "Tôi gõ"
    typed[f"{name}-version"] = "2"
    assert client.post(at("minutes_row", session.pk, "line", row.pk), typed).status_code == 302
    assert fresh(row).text == "Tôi gõ"


def test_minutes_are_written_line_by_line_up_to_their_publication(staff, ward):
    session, client = held_session(unit=ward), staff("approver")
    client.post(at("minutes_action", session.pk, "begin"))
    empty = client.post(at("minutes_row", session.pk, "line", 0), {"line-0-text": "", "line-0-answer": "Trả lời không có câu hỏi"})
    assert empty.status_code == 422
    assert "Trả lời không có câu hỏi" in text_of(empty)
    said = {"line-0-text": "Bao giờ có nước sạch?", "line-0-answer": "Quý I.", "line-0-village": "thôn Đông", "line-0-satisfaction": "satisfied"}
    assert client.post(at("minutes_row", session.pk, "line", 0), said)["Location"].endswith("#new-line")
    client.post(at("minutes_action", session.pk, "summary"), {"summary-summary": "Một câu hỏi về nước.", "summary-version": "1"})
    row = session.minutes.contributions.get()
    made = client.post(
        at("minutes_row", session.pk, "promise", row.pk),
        {"promise-text": "Có nước sạch", "promise-post": post_of(ward).pk, "promise-due_on": today() + 90 * DAY},
    )
    assert made["Location"] == at("promise", Promise.objects.get().pk)
    assert Promise.objects.get().contribution == row
    client.post(at("minutes_action", session.pk, "circulate"))
    assert client.post(at("minutes_action", session.pk, "finish")).status_code == 302  # told why not, above the page
    assert fresh(session.minutes).state == "circulated"
    type(session.minutes).objects.update(corrections_until=session.ends_at)
    client.post(at("minutes_action", session.pk, "finish"))
    client.post(at("minutes_action", session.pk, "publish"), {"publish-late_reason": ""})
    assert fresh(session.minutes).state == "published"
    public = text_of(Client().get(f"/lich/{session.slug}/bien-ban/"))
    assert "Bao giờ có nước sạch?" in public
    assert "thôn Đông" in public
    assert client.get(at("minutes", session.pk)).status_code == 200


def test_a_correction_is_decided_with_words_for_everybody(staff, ward):
    minutes = circulated(held_session(unit=ward))
    row = Correction(minutes=minutes, contribution=minutes.contributions.first())
    row.proposed = "Ông Tám nói khác."
    row.save()
    client = staff("moderator")
    assert "Ông Tám" in text_of(client.get(at("corrections")))
    wrong = client.post(at("correction", row.pk), {f"{row.pk}-public_text": "Đề nghị sửa", f"{row.pk}-reason": "", "accept": "1"})
    assert wrong.status_code == 422
    assert "Đề nghị sửa" in text_of(wrong)
    client.post(at("correction", row.pk), {f"{row.pk}-public_text": "Đề nghị sửa", f"{row.pk}-reason": "Đúng", "accept": "1"})
    assert fresh(row).state == "accepted"


def test_a_case_is_opened_by_a_button_and_that_is_on_record(staff, ward):
    session, client = held_session(unit=ward), staff("handler")
    client.post(at("new_case", session.pk), {"subject": "Ông Minh kiện", "answer": "Chờ", "public_subject": "Ranh đất"})
    case = ReceptionCase.objects.get()
    assert "Ông Minh" not in text_of(client.get(at("case", session.pk, case.pk)))
    assert "Ông Minh" not in text_of(client.get(at("cases", session.pk)))
    assert not Event.objects.filter(kind="dialogue_sessions.case_read").exists()
    assert "Ông Minh" in text_of(client.post(at("case", session.pk, case.pk), {"read": "1"}))
    assert Event.objects.filter(kind="dialogue_sessions.case_read", actor=client.user).count() == 1


def test_a_line_of_a_notice_becomes_a_promise_by_one_click(staff, ward):
    session, client = held_session(unit=ward), staff("approver")
    post_of(ward, leader=True)
    client.post(at("new_conclusion", session.pk), {"number": "12/TB-UBND", "signed_on": today()})
    notice = ConclusionNotice.objects.get()
    client.post(at("conclusion_line", session.pk, notice.pk), {"unit": ward.pk, "text": "Sửa cầu", "due_on": today() + 30 * DAY})
    line = ConclusionLine.objects.get()
    made = client.post(at("conclusion_action", session.pk, line.pk, "promise"))
    assert made["Location"] == at("promise", line.promise.pk)
    client.post(at("conclusion_action", session.pk, notice.pk, "publish"))
    assert fresh(notice).published_at
    assert "Sửa cầu" in text_of(client.get(at("cases", session.pk)))


@pytest.mark.accepts("B10")
def test_hostile_words_stay_words_in_the_back_office(staff, ward):
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    promise = services.refuse_promise(open_promise(unit=ward, text=hostile), hostile, None)
    session = held_session(unit=ward)
    minutes = minutes_of(session, lines=0)
    services.save_line(Contribution(minutes=minutes, text=hostile, answer=hostile, village=hostile), None)
    row = Correction(minutes=minutes)
    row.proposed = hostile
    row.save()
    client = staff("approver")
    for address in (at("promises"), at("promise", promise.pk), at("minutes", session.pk), at("corrections")):
        page = text_of(client.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
