"""Photos and papers that somebody sends with a question: with the registration or alone, for the moderators and the unit that answers,
gone with what was sent."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import question_papers as papers
from dialogue_sessions import question_privacy, services
from dialogue_sessions.enums import QuestionState, SessionKind
from dialogue_sessions.models import Question, QuestionPaper, Registration
from dialogue_sessions.question_links import question_token
from messaging.models import Message
from messaging.services import contact_for
from safeguards.models import Event, StoredFile
from safeguards.uploads import services as uploads
from safeguards.uploads import upkeep
from tests.beginnings import house_roles, private_files
from tests.organisation import factories
from tests.safeguards import sent_files as sent

from .asking import PUBLIC, contact, fresh, officer, received, signed_in
from .making import DAY, open_session, pool_of
from .visiting import Visitor

pytestmark = pytest.mark.django_db
TEXT = "Bao giờ đèn đường ngõ 19 sáng lại?"
ADDRESS = "nguoi.hoi@example.vn"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


@pytest.fixture
def session():
    return open_session(kind=SessionKind.THEMATIC)


@pytest.fixture
def visitor(client, settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    return Visitor(client)


def file(name="anh.pdf", content=None):
    return SimpleUploadedFile(name, content or sent.pdf(), "application/pdf")


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def tokens(answer, name="papers"):
    return re.findall(f'name="{name}-kept"[^>]*value="([^"]+)"', answer.content.decode())


def code():
    return re.search(r"\b\d{6}\b", Message.objects.filter(kind="messaging.code").latest("pk").parts["text"])[0]


def form_of(session):
    return f"/lich/{session.slug}/cau-hoi/gui/"


def asked(client, session, *files, text=TEXT, **values):
    """The form sent; gives the answer."""
    return client.post(form_of(session), {"text": text, "village": "", "contact": ADDRESS, "papers": list(files), **values})


def with_papers(session=None, *names, who=None):
    """A question that came in, with papers."""
    question = received(session or open_session(), who=who)
    kept, refused = uploads.receive([file(name) for name in names or ("anh.pdf",)], papers.PURPOSE)
    assert not refused
    papers.attach(question, kept)
    return question


def download(question, number=0):
    return reverse("uploads_download", args=[papers.of(question)[number].uid])


# ── Sent alone ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_sent_with_a_photo_and_a_paper(client, session, folder):
    page = client.get(form_of(session)).content.decode()
    assert 'enctype="multipart/form-data"' in page
    answer = asked(client, session, file("Hố ga.pdf"), file("anh.png", sent.picture("PNG")))
    assert answer.status_code == 302
    question = Question.objects.get()
    assert question.state == QuestionState.UNPROVEN
    own = client.post(answer.url, {"code": code()}).url
    said = client.get(own).content.decode()
    assert "Hố ga.pdf" in said
    assert "anh.png" in said
    assert len(stored(folder)) == 2


def test_whoever_mistypes_keeps_the_papers_that_were_sent(client, session):
    answer = asked(client, session, file("Hố ga.pdf"), file("virus.exe", sent.EXE), contact="khong-phai")
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "virus.exe" in said
    assert TEXT in said
    kept = tokens(answer)
    assert len(kept) == 1
    assert asked(client, session, **{"papers-kept": kept}).status_code == 302
    assert [one.name for one in papers.of(Question.objects.get())] == ["Hố ga.pdf"]


def test_papers_stay_with_the_form_while_it_asks_whether_it_is_one_of_these(client, session):
    services.accept_question(received(session), PUBLIC, None)
    answer = asked(client, session, file("Hố ga.pdf"), text="Khi nào hẻm 19 có đèn?")
    assert answer.status_code == 200
    assert 'name="support"' in answer.content.decode()
    kept = tokens(answer)
    assert len(kept) == 1
    assert asked(client, session, text="Khi nào hẻm 19 có đèn?", support="", **{"papers-kept": kept}).status_code == 302
    assert [one.name for one in papers.of(Question.objects.latest("pk"))] == ["Hố ga.pdf"]


def test_when_no_code_can_be_sent_the_form_still_has_its_papers(client, session, monkeypatch):
    from django.core.exceptions import ValidationError

    from messaging import proving

    def refuse(*args, **kwargs):
        raise ValidationError("Bạn đã xin quá nhiều mã.")

    monkeypatch.setattr(proving, "begin", refuse)  # as the provider's limit does
    answer = asked(client, session, file("Hố ga.pdf"))
    assert answer.status_code == 422
    assert not Question.objects.exists()
    monkeypatch.undo()
    assert asked(client, session, **{"papers-kept": tokens(answer)}).status_code == 302
    assert [one.name for one in papers.of(Question.objects.get())] == ["Hố ga.pdf"]


# ── Sent with a registration ──────────────────────────────────────────────────────────────────────────────────────────


def test_papers_of_a_question_go_with_the_question_not_with_the_seat(visitor, session):
    pool = pool_of(session)
    answer = visitor.send(visitor.form(session), pool, question=TEXT, question_papers=[file("Hố ga.pdf")])
    visitor.type_code(answer.url)
    question = Question.objects.get()
    assert question.state == QuestionState.RECEIVED
    assert [one.name for one in papers.of(question)] == ["Hố ga.pdf"]
    services.cancel(Registration.objects.get())
    assert upkeep.purge() == 0
    assert len(papers.of(question)) == 1


def test_papers_without_a_question_ask_for_it_and_stay(visitor, session):
    pool = pool_of(session)
    answer = visitor.send(visitor.form(session), pool, question="", question_papers=[file("Hố ga.pdf")])
    assert answer.status_code == 422
    assert "question" in answer.context["form"].errors
    kept = tokens(answer, "question_papers")
    assert len(kept) == 1
    assert not Registration.objects.exists()
    assert visitor.send(answer, pool, question=TEXT, **{"question_papers-kept": kept}).status_code == 302
    assert QuestionPaper.objects.count() == 1


def test_the_same_form_sent_twice_has_its_papers_once(visitor, session):
    pool = pool_of(session)
    answer = visitor.send(visitor.form(session), pool, question=TEXT, question_papers=[file()], name="")
    kept = tokens(answer, "question_papers")
    for _time in range(2):
        assert visitor.send(answer, pool, question=TEXT, **{"question_papers-kept": kept}).status_code == 302
    assert QuestionPaper.objects.count() == 1


def test_where_no_questions_are_taken_none_of_their_papers_are_asked_for(visitor):
    reception = open_session(kind=SessionKind.PERIODIC)
    assert "question_papers" not in visitor.form(reception).content.decode()


# ── Whoever sent them ─────────────────────────────────────────────────────────────────────────────────────────────────


def own_page(question):
    return reverse("questions:own_question", args=[question.session.slug, question_token(question)])


def test_whoever_asked_takes_one_paper_back_and_the_question_stays(client, session, folder, django_capture_on_commit_callbacks):
    question = with_papers(session, "a.pdf", "b.pdf")
    first = papers.of(question)[0]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(own_page(question), {"remove": str(first.uid)}).status_code == 302
    assert [one.name for one in papers.of(question)] == ["b.pdf"]
    assert len(stored(folder)) == 1
    assert fresh(question).state == QuestionState.RECEIVED


def test_a_wrong_id_or_somebody_elses_paper_takes_nothing_and_withdraws_nothing(client, session):
    question, other = with_papers(session), with_papers(session)
    for value in ("khong-phai", "", str(papers.of(other)[0].uid)):
        client.post(own_page(question), {"remove": value})
    assert len(papers.of(question)) == len(papers.of(other)) == 1
    assert fresh(question).state == QuestionState.RECEIVED


def test_reading_the_page_changes_nothing(client, session):
    question = with_papers(session)
    before = Event.objects.count()
    answer = client.get(own_page(question) + f"?remove={papers.of(question)[0].uid}")
    assert Event.objects.count() == before
    assert answer["Cache-Control"] == "no-store, private"
    assert len(papers.of(question)) == 1


def test_no_public_page_names_a_paper(client, session):
    question = services.accept_question(with_papers(session, "Nguyễn Văn Kín.pdf"), PUBLIC, None)
    for address in (f"/lich/{session.slug}/cau-hoi/", f"/lich/{session.slug}/cau-hoi/{question.pk}/", f"/lich/{session.slug}/"):
        page = client.get(address).content.decode()
        assert "Kín" not in page
        assert str(papers.of(question)[0].uid) not in page


# ── The staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def roles():
    house_roles()


def question_page(question):
    return reverse("dialogue_sessions_backoffice:question", args=[question.pk])


@pytest.mark.accepts("U8")
def test_a_moderator_has_the_papers_and_each_read_is_on_record(session, roles, django_assert_max_num_queries):
    question = with_papers(session, *[f"Nguyễn {number}.pdf" for number in range(5)])
    user = officer("kiem-duyet", session.unit)
    client = signed_in(user)
    client.get(question_page(question))
    with django_assert_max_num_queries(25):
        said = client.get(question_page(question)).content.decode()
    assert "Nguyễn" not in said, "names of files may name people"
    assert download(question) in said
    assert not Event.objects.filter(kind="safeguards.file_read").exists()
    answer = client.get(download(question))
    assert b"".join(answer.streaming_content) == sent.pdf()
    assert answer["Content-Disposition"].startswith("attachment")
    assert Event.objects.get(kind="safeguards.file_read").actor == user
    listed = client.get(reverse("dialogue_sessions_backoffice:questions")).content.decode()
    assert "5 giấy tờ" in listed


@pytest.mark.accepts("U8", "A10")
def test_the_unit_that_answers_has_them_once_it_is_given_the_question_and_no_other_unit(session, roles):
    question = services.accept_question(with_papers(session), PUBLIC, None)
    department, other = factories.ward("Phòng Quản lý đô thị"), factories.ward("Phường Khác")
    answering, elsewhere = signed_in(officer("do-thi", department, "handler")), signed_in(officer("khac", other, "moderator"))
    assert answering.get(download(question)).status_code == 404, "not before it is given to them"
    services.assign_question(question, department, None, None)
    page = answering.get(question_page(question)).content.decode()
    assert download(question) in page
    assert answering.get(download(question)).status_code == 200
    assert elsewhere.get(download(question)).status_code == 404
    assert elsewhere.get(question_page(question)).status_code == 404
    services.assign_question(fresh(question), other, None, None)
    assert answering.get(download(question)).status_code == 404, "it is another unit's to answer now"
    assert elsewhere.get(download(question)).status_code == 200


@pytest.mark.accepts("U8", "A10")
def test_the_unit_that_answers_for_several_has_the_papers_of_all_that_were_put_together(session, roles):
    asked_too = services.accept_question(with_papers(session), "Đèn hẻm 19 hỏng?", None)
    question = services.accept_question(with_papers(session), PUBLIC, None)
    department = factories.ward("Phòng Quản lý đô thị")
    services.assign_question(question, department, None, None)
    services.merge_question(asked_too, question, None)
    client = signed_in(officer("do-thi", department, "handler"))
    page = client.get(question_page(question)).content.decode()
    assert download(asked_too) in page
    assert client.get(download(asked_too)).status_code == 200


@pytest.mark.accepts("U8")
@pytest.mark.parametrize("role", ["clerk", "auditor", "editor"])
def test_others_of_the_same_unit_have_no_papers(session, roles, role):
    question = with_papers(session)
    client = signed_in(officer(f"nguoi-{role}", session.unit, role))
    assert client.get(download(question)).status_code == 404
    page = client.get(question_page(question))
    assert page.status_code in {200, 302, 403}
    assert download(question) not in page.content.decode()


@pytest.mark.accepts("U8")
def test_before_the_code_is_typed_nobody_has_them_and_visitors_never(client, session, roles):
    asked(client, session, file())
    question = Question.objects.get()
    moderator = signed_in(officer("kiem-duyet", session.unit))
    assert moderator.get(download(question)).status_code == 404
    assert client.get(download(question)).status_code in {302, 403, 404}


# ── Going ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P7")
@pytest.mark.parametrize("supported", [False, True])
def test_withdrawn_they_go_at_once(session, folder, supported, django_capture_on_commit_callbacks):
    question = services.accept_question(with_papers(session), PUBLIC, None)
    if supported:
        services.support_question(question, contact())
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw_question(question)
    assert stored(folder) == []
    assert not StoredFile.objects.exists()
    assert not QuestionPaper.objects.exists()


@pytest.mark.accepts("P7")
@pytest.mark.parametrize("end", ["refuse", "answer", "merge"])
def test_they_go_with_what_was_sent_when_its_days_are_over(session, folder, end, django_capture_on_commit_callbacks):
    question = with_papers(session)
    if end == "refuse":
        services.refuse_question(question, "unclear", "Không rõ.", None)
    else:
        services.accept_question(question, PUBLIC, None)
        into = question if end == "answer" else services.accept_question(received(session), PUBLIC, None)
        if end == "merge":
            services.merge_question(question, into, None)
        services.publish_answer(into, "Xong.", "in_writing", None)
    days = question_privacy.retention_days(timezone.localdate())
    question_privacy.purge_questions(timezone.now() + dt.timedelta(days=days - 1))
    upkeep.purge(timezone.now() + dt.timedelta(days=days - 1))
    assert len(papers.of(question)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        question_privacy.purge_questions(timezone.now() + dt.timedelta(days=days + 1))
    assert stored(folder) == []
    assert not QuestionPaper.objects.exists()


@pytest.mark.accepts("P7")
def test_papers_of_a_question_whose_code_was_never_typed_go_with_it(client, session, folder, django_capture_on_commit_callbacks):
    asked(client, session, file())
    assert upkeep.purge() == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert question_privacy.purge_questions(timezone.now() + 3 * DAY) == 1
    assert stored(folder) == []
    assert not Question.objects.exists()


@pytest.mark.accepts("P7")
def test_a_question_that_waits_for_its_answer_keeps_its_papers(session):
    question = with_papers(session)
    assert upkeep.purge(timezone.now() + 200 * DAY) == 0
    assert len(papers.of(question)) == 1


def test_a_person_is_shown_and_rid_of_the_papers_too(session, folder, django_capture_on_commit_callbacks):
    question = with_papers(session, "Hố ga.pdf", who=contact_for(ADDRESS))
    (told,) = question_privacy.export_questions(ADDRESS)
    assert [one["name"] for one in told["papers"]] == ["Hố ga.pdf"]
    with django_capture_on_commit_callbacks(execute=True):
        assert question_privacy.erase_questions(ADDRESS) == 1
    assert stored(folder) == []
    assert fresh(question).forgotten_at is not None


def test_what_was_forgotten_by_another_way_loses_its_papers_within_the_hour(session, folder, django_capture_on_commit_callbacks):
    question = with_papers(session)
    Question.objects.filter(pk=question.pk).update(forgotten_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.purge() == 1
    assert stored(folder) == []


def test_a_file_that_was_gone_meanwhile_does_not_stop_the_question(session):
    question = received(session)
    kept, _refused = uploads.receive([file("a.pdf"), file("b.pdf")], papers.PURPOSE)
    StoredFile.objects.filter(pk=kept[0].pk).delete()
    assert [paper.file_id for paper in papers.attach(question, kept)] == [kept[1].pk]
    assert papers.attach(question, []) == []
