"""Papers that somebody sends ahead: with the form or later, for those who prepare the session, gone with the registration."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import papers, privacy, services, tickets
from dialogue_sessions.enums import SessionKind
from dialogue_sessions.models import Registration, RegistrationPaper
from safeguards.models import Event, StoredFile, User
from safeguards.uploads import services as uploads
from safeguards.uploads import upkeep
from safeguards.uploads.enums import FileState
from tests.beginnings import private_files
from tests.organisation import factories
from tests.safeguards import sent_files as sent

from .making import DAY, HOUR, open_session, pool_of
from .visiting import Visitor, typed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    return private_files(settings, tmp_path)


@pytest.fixture
def visitor(client, settings):
    settings.SMS_PROVIDER = "tests.messaging.providers.Fake"
    return Visitor(client)


@pytest.fixture
def pool():
    return pool_of(open_session(kind=SessionKind.PERIODIC))


def file(name="don.pdf", content=None):
    return SimpleUploadedFile(name, content or sent.pdf(), "application/pdf")


def staged(name="don.pdf"):
    kept, refused = uploads.receive([file(name)], papers.PURPOSE)
    assert not refused
    return kept


def registered(pool, contact="0912345678", **values):
    return services.confirm(services.hold(pool, typed(contact, subject="Đất đai", **values)))


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def officer(name, unit, *permissions):
    user = User.objects.create_user(name)
    held = factories.holding(unit, f"Công chức {name}", name)
    held.person.account = user
    held.person.save()
    wanted = ["dialogue_sessions.view_session", "dialogue_sessions.view_registration", *permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=[one.partition(".")[2] for one in wanted]))
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


REVEAL = "dialogue_sessions.reveal_registration"


# ── With the form ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_papers_sent_with_the_form_stand_on_the_page_of_the_place(visitor, pool, folder):
    page = visitor.form(pool.session)
    assert 'enctype="multipart/form-data"' in page.content.decode()
    answer = visitor.send(page, pool, papers=[file("Đơn.pdf"), file("anh.png", sent.picture("PNG"))])
    assert answer.status_code == 302
    place = visitor.client.get(visitor.type_code(answer.url).url).content.decode()
    assert "Đơn.pdf" in place
    assert "anh.png" in place
    (row,) = Registration.objects.all()
    assert [one.owner_uid for one in papers.of(row)] == [str(row.uid)] * 2
    assert len(stored(folder)) == 2


def test_whoever_mistypes_keeps_the_papers_that_were_sent(visitor, pool):
    page = visitor.form(pool.session)
    answer = visitor.send(page, pool, papers=[file("Đơn.pdf"), file("virus.exe", sent.EXE)], name="")
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "virus.exe" in said
    tokens = re.findall(r'name="papers-kept"[^>]*value="([^"]+)"', said)
    assert len(tokens) == 1
    assert "Đơn.pdf" in said
    answer = visitor.send(answer, pool, **{"papers-kept": tokens})
    assert answer.status_code == 302
    (row,) = Registration.objects.all()
    assert [one.name for one in papers.of(row)] == ["Đơn.pdf"]


def test_the_same_form_sent_twice_has_its_papers_once(visitor, pool):
    page = visitor.form(pool.session)
    answer = visitor.send(page, pool, papers=[file()], name="")
    tokens = re.findall(r'name="papers-kept"[^>]*value="([^"]+)"', answer.content.decode())
    for _time in range(2):
        assert visitor.send(answer, pool, **{"papers-kept": tokens}).status_code == 302
    assert RegistrationPaper.objects.count() == 1


def test_a_dialogue_asks_for_no_papers_of_whoever_registers(visitor):
    pool = pool_of(open_session(kind=SessionKind.THEMATIC))
    page = visitor.form(pool.session)
    assert 'name="papers"' not in page.content.decode()
    assert visitor.send(page, pool, papers=[file()]).status_code == 302
    assert StoredFile.objects.count() == 0


# ── Later ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def place(visitor, pool):
    """The address of the papers of somebody who registered."""
    return visitor.register(pool) + "giay-to/"


def test_more_papers_are_sent_later_and_one_is_taken_back(visitor, place, folder, django_capture_on_commit_callbacks):
    assert visitor.client.post(place, {"papers": [file("a.pdf"), file("b.pdf")]}).status_code == 302
    said = visitor.client.get(place).content.decode()
    assert "a.pdf" in said
    first = papers.of(Registration.objects.get())[0]
    with django_capture_on_commit_callbacks(execute=True):
        assert visitor.client.post(place, {"remove": str(first.uid)}).status_code == 302
    said = visitor.client.get(place).content.decode()
    assert "a.pdf" not in said
    assert "b.pdf" in said
    assert len(stored(folder)) == 1
    assert RegistrationPaper.objects.count() == 1


def test_asking_for_the_page_changes_nothing_and_nobody_keeps_it(visitor, place):
    visitor.client.post(place, {"papers": [file("a.pdf")]})
    before = Event.objects.count()
    answer = visitor.client.get(place + f"?remove={papers.of(Registration.objects.get())[0].uid}")
    assert Event.objects.count() == before
    assert RegistrationPaper.objects.count() == 1
    assert answer["Cache-Control"] == "no-store, private"
    assert "noindex" in answer.content.decode()


def test_nothing_is_taken_back_that_is_another_ones(visitor, place, pool):
    other = registered(pool, "0900000001")
    papers.attach(other, staged())
    visitor.client.post(place, {"remove": str(papers.of(other)[0].uid)})
    assert len(papers.of(other)) == 1
    assert visitor.client.post(place, {"remove": "khong-phai"}).status_code == 422


def test_the_limits_hold_over_all_forms(visitor, place, settings):
    settings.UPLOAD_FILES = 2
    assert visitor.client.post(place, {"papers": [file("a.pdf"), file("b.pdf")]}).status_code == 302
    answer = visitor.client.post(place, {"papers": [file("c.pdf")]})
    assert answer.status_code == 422
    assert "c.pdf" in answer.content.decode()
    assert RegistrationPaper.objects.count() == 2


def test_the_bytes_of_all_forms_together_have_a_limit(visitor, place, settings):
    settings.UPLOAD_TOTAL_BYTES = len(sent.pdf()) + 10
    assert visitor.client.post(place, {"papers": [file("a.pdf")]}).status_code == 302
    assert visitor.client.post(place, {"papers": [file("b.pdf")]}).status_code == 422
    assert RegistrationPaper.objects.count() == 1


def test_no_papers_are_asked_for_once_the_session_is_over_nor_for_what_is_no_matter_of_ones_own(pool):
    row = registered(pool)
    assert papers.takes_more(row)
    row.session.state = "held"
    assert not papers.takes_more(row)
    assert not papers.takes_more(registered(pool_of(open_session())))


def test_no_papers_are_asked_for_once_the_registration_is_over(visitor, place):
    services.cancel(Registration.objects.get())
    assert 'type="file"' not in visitor.client.get(place).content.decode()
    visitor.client.post(place, {"papers": [file()]})
    assert RegistrationPaper.objects.count() == 0


def test_the_page_is_cheap(visitor, place, django_assert_max_num_queries):
    visitor.client.post(place, {"papers": [file(f"{number}.pdf") for number in range(8)]})
    visitor.client.get(place)
    with django_assert_max_num_queries(12):
        visitor.client.get(place)


# ── The staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("U8")
def test_those_who_prepare_the_session_have_the_papers_and_it_is_on_record(client, pool, django_assert_max_num_queries):
    row = registered(pool)
    for number in range(6):
        papers.attach(row, staged(f"Nguyễn {number}.pdf"))
    user = officer("can-bo", pool.session.unit, REVEAL)
    client.force_login(user)
    address = reverse("dialogue_sessions_backoffice:papers", args=[pool.session.pk])
    client.get(address)
    with django_assert_max_num_queries(25):
        page = client.get(address)
    said = page.content.decode()
    assert "Nguyễn" not in said
    uid = papers.of(row)[0].uid
    download = reverse("uploads_download", args=[uid])
    assert download in said
    assert b"".join(client.get(download).streaming_content) == sent.pdf()
    event = Event.objects.get(kind="safeguards.file_read")
    assert event.actor == user


@pytest.mark.accepts("U8", "A10")
def test_another_units_papers_are_not_there(client, pool):
    row = registered(pool)
    papers.attach(row, staged())
    client.force_login(officer("xa-khac", factories.ward("Phường Khác"), REVEAL))
    assert client.get(reverse("dialogue_sessions_backoffice:papers", args=[pool.session.pk])).status_code == 404
    assert client.get(reverse("uploads_download", args=[papers.of(row)[0].uid])).status_code == 404


@pytest.mark.accepts("U8", "A10")
def test_without_the_right_to_read_who_registered_there_are_no_papers(client, pool):
    row = registered(pool)
    papers.attach(row, staged())
    client.force_login(officer("xem", pool.session.unit))
    assert client.get(reverse("dialogue_sessions_backoffice:papers", args=[pool.session.pk])).status_code in {302, 403}
    assert client.get(reverse("uploads_download", args=[papers.of(row)[0].uid])).status_code == 404


def test_a_paper_that_waits_for_the_scanner_is_listed_and_not_given(client, pool):
    row = registered(pool)
    papers.attach(row, staged())
    StoredFile.objects.update(state=FileState.PENDING)
    client.force_login(officer("can-bo", pool.session.unit, REVEAL))
    said = client.get(reverse("dialogue_sessions_backoffice:papers", args=[pool.session.pk])).content.decode()
    assert str(FileState.PENDING.label) in said
    assert "/admin/files/" not in said


# ── Going ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accepts("P7")
def test_papers_go_the_moment_the_registration_is_forgotten(pool, folder, django_capture_on_commit_callbacks):
    row = registered(pool)
    papers.attach(row, staged())
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(row)
    assert stored(folder) == []
    assert RegistrationPaper.objects.count() == StoredFile.objects.count() == 0


@pytest.mark.accepts("P7")
@pytest.mark.parametrize("end", ["cancel", "lapse"])
def test_papers_of_a_registration_that_is_over_go_within_the_hour(pool, folder, end, django_capture_on_commit_callbacks):
    row = registered(pool) if end == "cancel" else services.hold(pool, typed("0912345678", subject="Đất"))
    papers.attach(row, staged())
    if end == "cancel":
        services.cancel(row)
    else:
        Registration.objects.filter(pk=row.pk).update(held_until=timezone.now() - HOUR)
        services.expire(pool.session_id)
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.purge() == 1
    assert stored(folder) == []


@pytest.mark.accepts("P7")
def test_papers_of_somebody_who_came_and_was_forgotten_by_another_way_go_within_the_hour(pool):
    row = registered(pool)
    papers.attach(row, staged())
    wiped = {"name_sealed": "", "contact_sealed": "", "contact_hmac": "", "subject": "", "needs": []}
    Registration.objects.filter(pk=row.pk).update(state="attended", forgotten_at=timezone.now(), **wiped)
    assert upkeep.purge() == 1


@pytest.mark.accepts("P7")
def test_papers_of_a_registration_that_stands_stay(pool):
    row = registered(pool)
    papers.attach(row, staged())
    assert upkeep.purge() == 0
    assert upkeep.purge(timezone.now() + dt.timedelta(days=60)) == 0
    assert len(papers.of(row)) == 1


def test_a_person_is_shown_and_rid_of_the_papers_too(pool, folder, django_capture_on_commit_callbacks):
    papers.attach(registered(pool), staged("Đơn.pdf"))
    (told,) = privacy.export("0912345678")
    assert [one["name"] for one in told["papers"]] == ["Đơn.pdf"]
    with django_capture_on_commit_callbacks(execute=True):
        assert privacy.erase("0912345678") == 1
    assert stored(folder) == []


def test_a_file_that_was_gone_meanwhile_does_not_stop_the_others(pool):
    row = registered(pool)
    one, two = staged()[0], staged()[0]
    StoredFile.objects.filter(pk=one.pk).delete()
    assert [paper.file_id for paper in papers.attach(row, [one, two])] == [two.pk]
    assert papers.attach(row, []) == []


def test_papers_never_outlive_their_outer_wall(pool):
    row = registered(pool)
    papers.attach(row, staged())
    far = pool.session.ends_at + papers.OUTER_WALL + 200 * DAY
    assert upkeep.purge(far) == 1


def test_the_page_of_a_place_offers_papers_while_they_are_taken_and_no_longer(client, pool):
    row = registered(pool)
    page = tickets.address_of(row, "vi").split("/lich/")[1]
    assert "Gửi thêm hoặc xóa giấy tờ" in client.get(f"/lich/{page}").content.decode()
    services.cancel(row)
    assert "Gửi thêm hoặc xóa giấy tờ" not in client.get(f"/lich/{page}").content.decode()
