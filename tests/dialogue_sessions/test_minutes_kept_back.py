"""What of minutes is for whom: drafts of promises, notices and corrections are not public, and a link is one person's, of one session."""

import pytest
from django.utils import timezone

from dialogue_sessions import services
from dialogue_sessions.models import Addendum, ConclusionLine, ConclusionNotice, Contribution, Minutes, ReceptionCase, Session
from dialogue_sessions.services import minutes as life
from organisation.models import today

from .making import DAY, open_pool, open_session
from .promising import came, circulated, draft_promise, held_session, minutes_of, open_promise, post_of
from .visiting import typed

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("P6")]


def over(session):
    Session.objects.filter(pk=session.pk).update(
        state="held", starts_at=timezone.now() - DAY, ends_at=timezone.now() - DAY / 2, registration_opens=None, registration_closes=None
    )
    return Session.objects.get(pk=session.pk)


def seated(pool, contact):
    return services.confirm(services.hold(pool, typed(contact)))


@pytest.fixture
def two():
    """Circulated minutes, and two who attended beside one who did not."""
    pool = open_pool(3)
    rows = [seated(pool, f"091234567{number}") for number in range(3)]
    return circulated(over(pool.session)), came(rows[0]), came(rows[1]), rows[2]


def link(minutes, who):
    return f"/lich/{minutes.session.slug}/bien-ban/gop-y/{life.token(minutes, who)}/"


def final(minutes):
    Minutes.objects.filter(pk=minutes.pk).update(corrections_until=timezone.now() - DAY)
    return services.finish(minutes, None)


def test_those_who_attended_alone_are_written_to_and_only_while_it_is_open(two):
    minutes, *_rest = two
    assert life.send_circulated(minutes.pk) == 2
    final(minutes)
    assert life.send_circulated(minutes.pk) == 0


def test_a_link_shows_ones_own_corrections_and_of_no_draft(client, two):
    minutes, one, other, absent = two
    services.propose(minutes, one, None, "Tôi nói hẻm 23")
    services.propose(minutes, other, None, "Tôi nói chuyện khác")
    page = client.get(link(minutes, one)).content.decode()
    assert "Tôi nói hẻm 23" in page and "Tôi nói chuyện khác" not in page
    assert client.get(link(minutes, absent)).status_code == 404
    elsewhere = minutes_of(lines=1)
    assert life.opened(life.token(elsewhere, one)) is None
    stranger = came(seated(open_pool(1), "0912345679"))
    draft = minutes_of(over(stranger.session), lines=1)
    assert client.get(link(draft, stranger)).status_code == 404


def test_what_is_not_public_is_on_no_page_of_published_minutes(client, two):
    minutes, one, *_rest = two
    session = minutes.session
    line = minutes.contributions.first()
    services.promise_of_contribution(line, post_of(session.unit), today() + DAY, "Lời hứa còn nháp", None)
    notice = services.save_conclusion(ConclusionNotice(session=session, number="99/TB-NHÁP", signed_on=today()), None)
    services.add_conclusion_line(ConclusionLine(notice=notice, unit=session.unit, text="Việc còn nháp", due_on=today()), None)
    services.save_case(ReceptionCase(session=session, public_subject="Vụ chưa đăng"), "Kín", "", None)
    services.decide(services.propose(minutes, one, None, "Sai"), accept=True, public_text="Sửa số hẻm", reason="Đúng", actor=None)
    ready = final(minutes)
    address = f"/lich/{session.slug}/bien-ban/"
    assert address not in client.get(f"/lich/{session.slug}/").content.decode()
    services.publish_minutes(ready, None)
    for path in (address, f"{address}in/", f"/lich/{session.slug}/"):
        page = client.get(path).content.decode()
        for word in ("còn nháp", "NHÁP", "Vụ chưa đăng"):
            assert word not in page, (path, word)
    assert "Sửa số hẻm" in client.get(address).content.decode()


def test_minutes_are_circulated_after_the_session_and_with_something_to_read():
    session = open_session()
    Session.objects.filter(pk=session.pk).update(state="under_way")
    early = minutes_of(Session.objects.get(pk=session.pk))
    with pytest.raises(services.WrongState):
        services.circulate(early, None)
    with pytest.raises(services.SessionError):
        services.circulate(services.begin_minutes(held_session(), None), None)


def test_a_summary_that_somebody_else_changed_is_not_written_over():
    minutes = minutes_of(lines=0)
    services.save_summary(minutes, "Của người thứ nhất", "", minutes.version, None)
    with pytest.raises(services.Stale):
        services.save_summary(minutes, "Của người thứ hai", "", minutes.version, None)
    assert Minutes.objects.get(pk=minutes.pk).summary == "Của người thứ nhất"


def test_a_line_of_which_a_promise_was_made_stays():
    minutes = minutes_of(lines=1)
    line = Contribution.objects.get()
    services.promise_of_contribution(line, post_of(minutes.session.unit), today() + DAY, "Lắp đèn", None)
    with pytest.raises(services.WrongState):
        services.remove_line(line, None)
    assert Contribution.objects.count() == 1


def test_an_addendum_is_to_a_line_of_its_own_minutes():
    minutes, other = final(circulated(lines=1)), minutes_of(lines=1)
    with pytest.raises(services.Invalid):
        services.add_addendum(Addendum(minutes=minutes, contribution=other.contributions.get(), text="Đính chính"), None)


def test_one_person_proposes_so_many_corrections_and_no_more(two):
    minutes, one, other, _absent = two
    for number in range(life.MOST_OPEN):
        services.propose(minutes, one, None, f"Chỗ {number}")
    with pytest.raises(services.SessionError):
        services.propose(minutes, one, None, "Thêm")
    services.propose(minutes, other, None, "Của người khác")


def test_a_promise_of_another_session_is_not_among_those_of_these_minutes(client, two):
    minutes = two[0]
    open_promise(text="Lời hứa của buổi khác"), draft_promise()
    services.publish_minutes(final(minutes), None)
    assert "Lời hứa của buổi khác" not in client.get(f"/lich/{minutes.session.slug}/bien-ban/").content.decode()
