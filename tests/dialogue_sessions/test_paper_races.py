"""Papers under real parallel writers: the limits hold over forms that come at once, a file belongs to one thing, and nothing stays of
whoever is forgotten meanwhile."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import papers, question_papers, question_privacy, services
from dialogue_sessions.enums import SessionKind
from dialogue_sessions.models import Question, QuestionPaper, Registration, RegistrationPaper
from dialogue_sessions.tickets import ticket_token
from messaging.services import contact_for
from safeguards.models import Event, StoredFile
from safeguards.uploads import services as uploads
from tests.beginnings import private_files
from tests.racing import at_once, failures, locks_off
from tests.safeguards import sent_files as sent

from .asking import contact, fresh, received
from .making import DAY, confirmed, open_session, pool_of

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


def staged(purpose, number=0):
    (kept,), refused = uploads.receive([SimpleUploadedFile(f"don-{number}.pdf", sent.pdf(), "application/pdf")], purpose)
    assert not refused
    return kept


def place():
    return confirmed(pool_of(open_session(kind=SessionKind.PERIODIC)))


def question():
    return received(open_session(kind=SessionKind.THEMATIC), who=contact())


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


# ── To a registration ─────────────────────────────────────────────────────────────────────────────────────────────────


def send_all(row):
    files = [staged(papers.PURPOSE, number) for number in range(THREADS)]
    return at_once([lambda file=file: papers.attach(row, [file]) for file in files], THREADS)


def test_forms_that_come_at_once_share_one_limit(settings):
    settings.UPLOAD_FILES, row = 3, place()
    done = send_all(row)
    assert [type(error) for error in failures(done)] == [papers.NoRoom] * (THREADS - 3)
    assert len(papers.of(row)) == 3
    assert StoredFile.objects.staged().count() == THREADS - 3  # kept for the form that is shown again


def test_without_the_lock_there_are_more_papers_than_are_taken(settings, monkeypatch):
    """The negative control. Ten tries, since chance decides."""
    settings.UPLOAD_FILES = 3
    locks_off(monkeypatch, Registration)
    for _ in range(10):
        row = place()
        send_all(row)
        if len(papers.of(row)) > 3:
            return
    raise AssertionError("the limit held without the lock")


def test_the_bytes_of_forms_that_come_at_once_share_one_limit(settings):
    row = place()
    settings.UPLOAD_TOTAL_BYTES = 2 * staged(papers.PURPOSE).size + 1
    assert len(failures(send_all(row))) == THREADS - 2
    assert len(papers.of(row)) == 2


def test_one_file_sent_with_several_forms_at_once_belongs_to_one():
    rows, file = [place() for _ in range(4)], staged(papers.PURPOSE)
    done = at_once([lambda row=row: papers.attach(row, [file]) for row in rows], len(rows))
    assert sorted(len(found) for found in done) == [0, 0, 0, 1]
    paper = RegistrationPaper.objects.get()
    assert paper.file.owner_uid == str(paper.registration.uid)
    assert Event.objects.filter(kind="safeguards.file_attached").count() == 1


def test_without_the_lock_a_file_is_given_to_several(monkeypatch):
    locks_off(monkeypatch, StoredFile)
    for _ in range(10):
        rows, file = [place() for _ in range(4)], staged(papers.PURPOSE)
        if failures(at_once([lambda row=row, file=file: papers.attach(row, [file]) for row in rows], len(rows))):
            return  # the database refuses the second row
    raise AssertionError("a file belonged to one thing without the lock")


def test_nothing_is_kept_for_somebody_who_was_forgotten_before(folder):
    row = place()
    stale = Registration.objects.select_related("session").get(pk=row.pk)
    services.withdraw(row)
    file = staged(papers.PURPOSE)
    with pytest.raises(papers.Over):
        papers.attach(stale, [file])
    assert not RegistrationPaper.objects.exists()
    assert not StoredFile.objects.get(pk=file.pk).owner_label


def test_whoever_sends_papers_to_a_place_that_was_given_up_meanwhile_is_told(client, monkeypatch):
    row = place()
    address = reverse("dialogue_sessions:papers", args=[row.session.slug, ticket_token(row)])
    services.cancel(row)
    monkeypatch.setattr(papers, "takes_more", lambda registration: True)  # as it was when the page looked
    answer = client.post(address, {"papers": [SimpleUploadedFile("don.pdf", sent.pdf(), "application/pdf")]})
    assert answer.status_code == 422
    assert "không còn ai đọc giấy tờ" in answer.content.decode()


@pytest.mark.parametrize("end", [services.withdraw, services.cancel])
def test_papers_that_come_while_the_registration_ends_do_not_stay(folder, end):
    for _ in range(5):
        row, files = place(), [staged(papers.PURPOSE, number) for number in range(5)]
        tasks = [lambda file=file, row=row: papers.attach(row, [file]) for file in files]
        tasks.insert(2, lambda row=row: end(row))
        done = at_once(tasks, len(tasks))
        assert {type(error) for error in failures(done)} <= {papers.Over}
        assert fresh(row).state == "cancelled"
        if end is services.withdraw:
            assert papers.of(row) == []
        with pytest.raises(papers.Over):
            papers.attach(row, [staged(papers.PURPOSE)])


def test_a_paper_taken_back_at_once_by_two_goes_once(folder):
    row = place()
    papers.attach(row, [staged(papers.PURPOSE)])
    (file,) = papers.of(row)
    done = at_once([lambda: papers.take_back(row, file.uid) for _ in range(THREADS)], THREADS)
    assert sorted(done) == [False] * (THREADS - 1) + [True]
    assert Event.objects.filter(kind="safeguards.file_removed").count() == 1
    assert stored(folder) == []


# ── To a question ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_that_was_withdrawn_takes_no_more_papers():
    asked = question()
    services.withdraw_question(asked)
    file = staged(question_papers.PURPOSE)
    assert question_papers.attach(asked, [file]) == []
    assert not StoredFile.objects.get(pk=file.pk).owner_label


def test_papers_that_come_while_the_question_is_withdrawn_do_not_stay(folder):
    for _ in range(6):
        asked, files = question(), [staged(question_papers.PURPOSE, number) for number in range(5)]
        tasks = [lambda file=file, asked=asked: question_papers.attach(asked, [file]) for file in files]
        tasks.insert(2, lambda asked=asked: services.withdraw_question(asked))
        assert failures(at_once(tasks, len(tasks))) == []
        assert fresh(asked).forgotten_at is not None
        assert question_papers.of(asked) == []
        assert not StoredFile.objects.of(question_papers.OWNER, asked.uid).exists()


def send_as_it_is_forgotten():
    """A question whose code nobody typed for two days, papers for it, the night in between; gives what was raised, and what outlived it."""
    asked = services.send_question(open_session(kind=SessionKind.THEMATIC), "Bao giờ có đèn?")
    Question.objects.filter(pk=asked.pk).update(sent_at=timezone.now() - 3 * DAY)
    files = [staged(question_papers.PURPOSE, number) for number in range(5)]
    tasks = [lambda file=file: question_papers.attach(asked, [file]) for file in files]
    tasks.insert(2, lambda: question_privacy.purge_questions(timezone.now()))
    raised = failures(at_once(tasks, len(tasks)))
    left = [*Question.objects.filter(pk=asked.pk), *QuestionPaper.objects.all(), *StoredFile.objects.of(question_papers.OWNER, asked.uid)]
    return raised, left


def test_papers_that_come_while_a_question_is_forgotten_go_with_it():
    for _ in range(6):
        assert send_as_it_is_forgotten() == ([], [])


def test_without_the_lock_papers_outlive_the_question_that_was_forgotten(monkeypatch):
    locks_off(monkeypatch, Question)
    for _ in range(20):
        if any(send_as_it_is_forgotten()):
            return
    raise AssertionError("papers went with their question without the lock")


def test_papers_that_come_while_a_person_is_erased_go_with_them():
    for number in range(6):
        who = f"nguoi.xoa.{number}@example.vn"
        asked = received(open_session(kind=SessionKind.THEMATIC), who=contact_for(who))
        files = [staged(question_papers.PURPOSE, number) for number in range(5)]
        tasks = [lambda file=file, asked=asked: question_papers.attach(asked, [file]) for file in files]
        tasks.insert(2, lambda who=who: question_privacy.erase_questions(who))
        assert failures(at_once(tasks, len(tasks))) == []
        assert fresh(asked).text_sealed == ""
        assert not StoredFile.objects.of(question_papers.OWNER, asked.uid).exists()


def test_one_file_sent_with_several_questions_at_once_belongs_to_one():
    asked, file = [question() for _ in range(4)], staged(question_papers.PURPOSE)
    done = at_once([lambda one=one: question_papers.attach(one, [file]) for one in asked], len(asked))
    assert sorted(len(found) for found in done) == [0, 0, 0, 1]
    assert QuestionPaper.objects.count() == 1


# ── To a question, later ──────────────────────────────────────────────────────────────────────────────────────────────


def add_all(asked):
    files = [staged(question_papers.PURPOSE, number) for number in range(THREADS)]
    return at_once([lambda file=file: question_papers.add(asked, [file]) for file in files], THREADS)


def questions_unlocked(monkeypatch):
    monkeypatch.setattr(services.questions, "lock_questions", lambda session_id: None)
    locks_off(monkeypatch, Question)


def test_papers_that_are_added_at_once_share_one_limit(settings):
    settings.UPLOAD_FILES, asked = 3, question()
    question_papers.attach(asked, [staged(question_papers.PURPOSE)])
    done = add_all(asked)
    assert [type(error) for error in failures(done)] == [question_papers.NoRoom] * (THREADS - 2)
    assert len(question_papers.of(asked)) == 3
    assert StoredFile.objects.staged().count() == THREADS - 2  # kept for the form that is shown again
    assert Event.objects.filter(kind="dialogue_sessions.question_papers_added").count() == 2


def test_without_the_lock_more_are_added_than_are_taken(settings, monkeypatch):
    settings.UPLOAD_FILES = 3
    questions_unlocked(monkeypatch)
    for _ in range(10):
        asked = question()
        add_all(asked)
        if len(question_papers.of(asked)) > 3:
            return
    raise AssertionError("the limit held without the lock")


def test_nothing_is_added_to_a_question_once_it_is_decided():
    for _ in range(6):
        asked, files = question(), [staged(question_papers.PURPOSE, number) for number in range(5)]
        tasks = [lambda file=file, asked=asked: question_papers.add(asked, [file]) for file in files]
        tasks.insert(2, lambda asked=asked: services.refuse_question(asked, "unclear", "Không rõ.", None))
        done = at_once(tasks, len(tasks))
        assert {type(error) for error in failures(done)} <= {question_papers.Over}
        refused = Event.objects.get(kind="dialogue_sessions.question_refused", subject_id=str(asked.pk))
        later = Event.objects.filter(kind="dialogue_sessions.question_papers_added", subject_id=str(asked.pk), pk__gt=refused.pk)
        assert not later.exists()


def test_papers_that_are_added_while_the_question_is_withdrawn_do_not_stay():
    for _ in range(6):
        asked, files = question(), [staged(question_papers.PURPOSE, number) for number in range(5)]
        tasks = [lambda file=file, asked=asked: question_papers.add(asked, [file]) for file in files]
        tasks.insert(2, lambda asked=asked: services.withdraw_question(asked))
        assert {type(error) for error in failures(at_once(tasks, len(tasks)))} <= {question_papers.Over}
        assert question_papers.of(asked) == []
        assert not StoredFile.objects.of(question_papers.OWNER, asked.uid).exists()


def left_over():
    """A question that came with a registration and was not taken, as the night takes it."""
    asked = services.send_question(open_session(kind=SessionKind.THEMATIC), "Bao giờ có đèn?")
    Question.objects.filter(pk=asked.pk).update(sent_at=timezone.now() - 3 * DAY)
    return asked


def test_what_is_sent_again_while_the_night_forgets_it_is_sent_whole_or_forgotten_whole():
    for _ in range(6):
        asked, who = left_over(), contact()
        file = staged(question_papers.PURPOSE)
        tasks = [
            lambda asked=asked, who=who, file=file: services.send_again(asked, who, "Bao giờ có đèn?", "", [file]),
            lambda: question_privacy.purge_questions(timezone.now()),
        ]
        done = at_once(tasks, len(tasks))
        assert {type(error) for error in failures(done)} <= {services.WrongState}
        found = Question.objects.filter(pk=asked.pk).first()
        assert found is None or (found.state, len(question_papers.of(found))) == ("received", 1)
        assert StoredFile.objects.of(question_papers.OWNER, asked.uid).exists() is (found is not None)


def test_of_two_presses_of_send_again_one_counts():
    asked, who = left_over(), contact()
    done = at_once([lambda: services.send_again(asked, who, "Bao giờ có đèn?") for _ in range(6)], 6)
    assert {type(error) for error in failures(done)} == {services.WrongState}
    assert len(failures(done)) == 5
    assert asked.own_supports.count() == 1
