"""Moderators and units at work: what they see, what they may do, what is put on record, what stays of a form with a mistake."""

from __future__ import annotations

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialogue_sessions import services
from safeguards.models import Event
from tests.organisation import factories

from .asking import PUBLIC, accepted, assigned, contact, fresh, officer, opened, received, signed_in, unit_with_voters, written
from .making import DAY, announced, open_session

pytestmark = pytest.mark.django_db
LIST, REQUESTS = "/admin/dialogue-sessions/questions/", "/admin/dialogue-sessions/requests/"
BUDGET = 25


@pytest.fixture
def town():
    """A ward with a dialogue, its moderator and a department that answers; another ward with its own."""
    ward, other = factories.ward("Phường Một"), factories.ward("Phường Hai")
    team = factories.unit("Phòng Kinh tế", parent=ward)
    return {
        "ward": ward, "other": other, "team": team, "session": open_session(unit=ward), "foreign": open_session(unit=other),
        "moderator": officer("kiem-duyet", ward), "handler": officer("thu-ly", team, "handler"),
    }  # fmt: skip


def rows(answer):
    return [question.pk for question, *_rest in answer.context["rows"]]


@pytest.mark.accepts("A10")
def test_staff_see_the_questions_of_their_units_and_those_they_are_to_answer(town):
    mine, foreign = received(town["session"]), received(town["foreign"])
    given = services.assign_question(accepted(town["foreign"]), town["team"], None, None)
    services.send_question(town["session"], "chưa xác nhận")
    moderator, handler = signed_in(town["moderator"]), signed_in(town["handler"])
    assert set(rows(moderator.get(LIST))) == {mine.pk, given.pk}
    assert rows(handler.get(LIST)) == [given.pk]
    assert moderator.get(f"{LIST}{foreign.pk}/").status_code == 404
    assert moderator.post(f"{LIST}{foreign.pk}/", {"action": "read"}).status_code == 404
    assert "Phường Hai" not in signed_in(officer("mot-cua", town["ward"], "clerk")).get(LIST).content.decode().split("<table")[0]
    assert signed_in(officer("bien-tap", town["ward"], "editor")).get(LIST).status_code == 302


def test_who_answers_for_another_unit_only_answers(town):
    given = services.assign_question(accepted(town["foreign"]), town["team"], None, None)
    client = signed_in(town["handler"])
    assert client.get(f"{LIST}{given.pk}/").status_code == 200
    for action in ("read", "refuse", "rewrite", "assign", "merge", "khong-co"):
        assert client.post(f"{LIST}{given.pk}/", {"action": action}).status_code == 302, action  # to the door: not allowed
    assert fresh(given).state == "assigned"
    assert not Event.objects.filter(kind="dialogue_sessions.question_read").exists()
    client.post(f"{LIST}{given.pk}/", {"action": "draft", "answer-text": "Đang kiểm tra.", "answer-way": "in_writing"})
    assert fresh(given).answer_draft == "Đang kiểm tra."
    client.post(f"{LIST}{given.pk}/", {"action": "publish", "answer-text": "Xong tháng 12.", "answer-way": "in_writing"})
    assert (fresh(given).answer, fresh(given).answer_draft) == ("Xong tháng 12.", "")


def test_what_was_sent_is_shown_only_when_asked_for_and_that_is_on_record(town):
    question, client = received(town["session"]), signed_in(town["moderator"])
    for _ in range(2):
        assert "Kín" not in client.get(f"{LIST}{question.pk}/").content.decode()
    assert not Event.objects.filter(kind="dialogue_sessions.question_read").exists()
    content = client.post(f"{LIST}{question.pk}/", {"action": "read"}).content.decode()
    assert content.count("Nguyễn Văn Kín") == 2  # beside, and in the field to edit
    assert Event.objects.get(kind="dialogue_sessions.question_read").actor == town["moderator"]
    assert "Kín" not in client.get(LIST).content.decode()


def test_a_moderator_takes_a_question_and_puts_it_together_at_once(town):
    near = accepted(town["session"], PUBLIC)
    question, client = received(town["session"]), signed_in(town["moderator"])
    content = client.post(f"{LIST}{question.pk}/", {"action": "read"}).content.decode()
    assert "Gần giống nhau" in content
    answer = client.post(f"{LIST}{question.pk}/", {"action": "accept", "accept-public_text": "Đèn hẻm 19?", "accept-into": near.pk})
    assert answer.status_code == 302
    assert (fresh(question).state, fresh(question).merged_into_id, fresh(near).supports) == ("merged", near.pk, 2)


@pytest.mark.accepts("W3")
def test_a_mistake_is_told_at_its_field_and_what_was_typed_stays(town):
    question, client = received(town["session"]), signed_in(town["moderator"])
    typed = "Khi nào có đèn? Gọi 0912 345 678"
    answer = client.post(f"{LIST}{question.pk}/", {"action": "accept", "accept-public_text": typed, "accept-into": ""})
    assert answer.status_code == 422
    assert typed in answer.content.decode()
    assert fresh(question).state == "received"
    answer = client.post(f"{LIST}{question.pk}/", {"action": "refuse", "refuse-reason": "", "refuse-words": "Vì thế này"})
    assert answer.status_code == 422
    assert "Vì thế này" in answer.content.decode()
    question = accepted(town["session"])
    answer = client.post(f"{LIST}{question.pk}/", {"action": "publish", "answer-text": "Dài lắm", "answer-way": "in_session"})
    assert answer.status_code == 422
    assert "Dài lắm" in answer.content.decode()


def test_the_whole_way_by_forms(town):
    one, two = accepted(town["session"]), accepted(town["session"])
    client = signed_in(town["moderator"])

    def do(question, action, **values):
        prefix = "answer" if action == "publish" else action
        answer = client.post(f"{LIST}{question.pk}/", {"action": action, **{f"{prefix}-{name}": value for name, value in values.items()}})
        assert answer.status_code == 302, answer.content.decode()
        return fresh(question)

    assert do(two, "merge", into=one.pk).state == "merged"
    assert do(two, "unmerge").state == "accepted"
    assert do(two, "rewrite", public_text="Câu mới?").text_version == 2
    assert do(two, "assign", unit=town["team"].pk, due_on="").unit == town["team"]
    assert do(two, "publish", text="Có.", way="in_writing").state == "answered"
    assert do(two, "publish", text="Có rồi.", way="in_writing", why="Thiếu chữ.").corrected_at
    assert do(one, "refuse", reason="not_ours", words="Hỏi công ty điện lực.").state == "refused"
    assert "Thiếu chữ." in client.get(f"{LIST}{two.pk}/").content.decode()
    assert do(one, "assign", unit=town["team"].pk).state == "refused"  # it has changed meanwhile: told, nothing happens


def test_many_at_once_and_those_that_cannot_are_named(town):
    questions = [accepted(town["session"]) for _ in range(3)]
    foreign, new = accepted(town["foreign"]), received(town["session"])
    client, keys = signed_in(town["moderator"]), [question.pk for question in questions]
    assert client.post(f"{LIST}bulk/", {"row": keys, "what": "refuse", "reason": "", "words": ""}).status_code == 422
    assert client.post(f"{LIST}bulk/", {"row": [], "what": "merge"}).status_code == 422
    client.post(f"{LIST}bulk/", {"row": [*keys, foreign.pk, new.pk], "what": "assign", "unit": town["team"].pk})
    assert {fresh(question).state for question in questions} == {"assigned"}
    assert (fresh(foreign).state, fresh(new).state) == ("accepted", "received")
    client.post(f"{LIST}bulk/", {"row": keys, "what": "merge"})
    assert [fresh(question).state for question in questions] == ["assigned", "merged", "merged"]
    client.post(f"{LIST}bulk/", {"row": [keys[0], new.pk], "what": "refuse", "reason": "unclear", "words": "Không rõ."})
    assert (fresh(questions[0]).state, fresh(new).state) == ("refused", "refused")
    assert signed_in(town["handler"]).post(f"{LIST}bulk/", {"row": keys, "what": "merge"}).status_code == 302
    assert client.get(f"{LIST}bulk/").status_code == 405


def test_what_is_overdue_stands_out_and_can_be_listed_alone(town):
    late, other = assigned(town["session"]), received(town["session"])
    client = signed_in(town["moderator"])
    assert client.get(LIST).context["late"] == 0
    with time_machine.travel(town["session"].starts_at + 40 * DAY):
        client = signed_in(town["moderator"])
        assert set(rows(client.get(LIST))) == {late.pk, other.pk}
        assert rows(client.get(f"{LIST}?overdue=on")) == [late.pk]


def test_a_late_answer_asks_why_at_its_field_and_the_reason_stands_on_the_public_page(town):
    question = assigned(town["session"])
    address = f"{LIST}{question.pk}/"
    assert "answer-late_reason" not in signed_in(town["moderator"]).get(address).content.decode()
    with time_machine.travel(town["session"].starts_at + 40 * DAY):
        client = signed_in(town["moderator"])
        sent = {"action": "publish", "answer-text": "Đèn đã lắp xong.", "answer-way": "in_writing"}
        answer = client.post(address, sent)
        assert answer.status_code == 422 and "Đèn đã lắp xong." in answer.content.decode()
        assert answer.context["bound"].errors["late_reason"]
        client.post(address, sent | {"answer-late_reason": "Chờ thầu <b>"})
        assert fresh(question).state == "answered"
        page = client.get(f"/lich/{question.session.slug}/cau-hoi/{question.pk}/").content.decode()
        assert "Chờ thầu &lt;b&gt;" in page and "muộn" in page


@pytest.mark.accepts("A10")
def test_a_moderator_of_the_unit_that_only_answers_reads_and_decides_nothing(town):
    question = services.assign_question(accepted(town["foreign"], "Đèn ở đâu? Tôi là Kín."), town["ward"], None, None)
    client, address = signed_in(town["moderator"]), f"{LIST}{question.pk}/"
    assert client.get(address).status_code == 200
    for sent in ({"action": "read"}, {"action": "refuse", "refuse-reason": "unclear", "refuse-words": "Không rõ."},
                 {"action": "rewrite", "rewrite-public_text": "Khác"}):  # fmt: skip
        assert client.post(address, sent).status_code == 302
    client.post(f"{LIST}bulk/", {"row": question.pk, "what": "refuse", "reason": "unclear", "words": "Không rõ."})
    assert (fresh(question).state, fresh(question).public_text) == ("assigned", question.public_text)
    assert not Event.objects.filter(kind="dialogue_sessions.question_read").exists()


@pytest.mark.accepts("A10")
def test_who_may_only_answer_moderates_nothing_of_their_own_unit_either(town):
    question = received(town["session"])
    client, address = signed_in(officer("tra-loi", town["ward"], "handler")), f"{LIST}{question.pk}/"
    assert client.get(address).status_code == 200
    for sent in (
        {"action": "accept", "accept-public_text": "Đèn đường?"},
        {"action": "refuse", "refuse-reason": "unclear", "refuse-words": "Không."},
    ):
        assert client.post(address, sent).status_code == 302
        assert fresh(question).state == "received"


def test_filters_narrow_and_nonsense_leaves_all(town):
    one, two = accepted(town["session"], "Đèn đường?"), accepted(town["session"], "Rác chợ?")
    client = signed_in(town["moderator"])
    assert rows(client.get(f"{LIST}?q=Đèn")) == [one.pk]
    assert rows(client.get(f"{LIST}?state=received")) == []
    assert set(rows(client.get(f"{LIST}?state=khong&session=x&unit=y&p=99"))) == {one.pk, two.pk}


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("A10")
def test_requests_are_seen_by_their_unit_and_worked_on_by_moderators():
    unit = unit_with_voters(10)
    request, foreign = written(unit), written(unit_with_voters())
    client = signed_in(officer("kiem-duyet", unit))
    assert [row.pk for row, _url in client.get(REQUESTS).context["rows"]] == [request.pk]
    assert client.get(f"{REQUESTS}{foreign.pk}/").status_code == 404
    address = f"{REQUESTS}{request.pk}/"
    assert "0912" not in client.get(address).content.decode()
    assert "0912 345 678" in client.post(address, {"action": "read"}).content.decode()
    assert client.post(address, {"action": "open", "open-subject": "Ngập", "open-public_text": ""}).status_code == 422
    client.post(address, {"action": "open", "open-subject": "Ngập hẻm 19", "open-public_text": "Mưa là ngập."})
    assert fresh(request).state == "reached"
    assert "đã đủ chữ ký" in client.get(REQUESTS).content.decode()
    client.post(address, {"action": "note", "note-text": "Đã họp."})
    client.post(address, {"action": "schedule", "schedule-session": announced(unit=unit).pk})
    client.post(address, {"action": "close", "close-reason": "Đã đối thoại."})
    assert (fresh(request).state, request.notes.count()) == ("closed", 1)
    auditor = signed_in(officer("thanh-tra", unit, "auditor"))
    assert auditor.get(address).status_code == 200
    assert auditor.post(address, {"action": "read"}).status_code == 302


def test_a_request_whose_contact_is_not_proven_is_nobodys_business():
    unit = unit_with_voters(10)
    waiting = services.send_request(unit, "Ngập", "Trần Thị Kín", "khu phố 4", contact()).request
    client = signed_in(officer("kiem-duyet", unit))
    assert list(client.get(REQUESTS).context["rows"]) == []
    assert client.get(f"{REQUESTS}{waiting.pk}/").status_code == 404


def test_a_unit_without_a_count_of_voters_is_told_what_to_do():
    ward = factories.ward()
    request = written(ward)
    client = signed_in(officer("kiem-duyet", ward))
    answer = client.post(f"{REQUESTS}{request.pk}/", {"action": "open", "open-subject": "Ngập", "open-public_text": "Mưa."})
    assert answer.status_code == 422
    assert "số cử tri" in answer.content.decode()


def test_pages_of_the_staff_stay_within_their_queries(town):
    for number in range(25):
        question = assigned(town["session"], f"Câu {number}", unit=town["team"])
    services.publish_answer(question, "Có.", "in_writing", None)
    request = opened(unit_with_voters())
    client = signed_in(town["moderator"])
    requests = signed_in(officer("khac", request.unit))
    for who, address in ((client, LIST), (client, f"{LIST}{question.pk}/"), (requests, REQUESTS), (requests, f"{REQUESTS}{request.pk}/")):
        who.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert who.get(address).status_code == 200
        assert len(asked) <= BUDGET, (address, len(asked))
