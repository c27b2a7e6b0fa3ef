"""What search learns from choices: what it takes, what it never takes, how it goes, who forbids it."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.registries import search_sources
from safeguards.models import Event
from search import finder, index, learning, planner, services
from search.engines import elasticsearch, local
from search.fields import key_of
from search.models import Entry, LearnedQuery, PopularQuery, QueryLog
from tests.safeguards.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]
DAY = dt.date(2026, 11, 16)


def chosen(asked: str, object_id: str = "1", *, ago: int = 0, hour: int = 8, position: int = 3, times: int = 1) -> None:
    """So many choices of a thing after a question, in one hour."""
    row = {
        "asked": asked,
        "folded": key_of(asked),
        "day": DAY - dt.timedelta(days=ago),
        "hour": hour,
        "engine": "local",
        "total": 9,
        "language": "vi",
    }
    QueryLog.objects.bulk_create([QueryLog(**row, position=position, kind="thing", object_id=object_id) for _time in range(times)])


def habit(asked: str, object_id: str = "1", *, days: int = 5, hours: int = 2, ago: int = 0, **more) -> None:
    """What many people choose: on some days, in some hours of each."""
    for day in range(days):
        for hour in range(hours):
            chosen(asked, object_id, ago=ago + day, hour=8 + hour, **more)


def learned() -> list[tuple[str, str]]:
    return sorted(LearnedQuery.objects.filter(vetoed=False).values_list("object_id", "asked"))


def streams(object_id: str = "1") -> list[str]:
    return [word for word in Entry.objects.get(object_id=object_id).streams.get("learned_folded", "").split() if word != "~"]


def found(query: str) -> list[str]:
    return [hit.id for hit in finder.find(query).hits]


# ── What it takes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_after_which_people_choose_a_thing_finds_it(publish):
    publish("1", "Biến động quyền sử dụng đất")
    publish("2", "Cấp giấy phép xây dựng nhà ở")
    assert found("sang tên sổ") == []
    habit("sang tên sổ")
    gained = learning.learn(DAY)
    assert (gained.learned, gained.entries) == (1, 1)
    row = LearnedQuery.objects.get()
    assert (row.asked, row.hours, row.days, row.share, row.first_day, row.last_day) == ("sang tên sổ", 10, 5, 1.0, DAY - dt.timedelta(days=4), DAY)
    assert found("sang tên sổ") == ["1"]
    assert found("sang ten so") == ["1"]
    assert learning.learn(DAY).entries == 0, "the same log says the same"


def test_what_only_asks_is_no_part_of_it(publish):
    publish("1", "Biến động đất")
    habit("xin cho biết sang tên ở đâu")
    learning.learn(DAY)
    assert streams() == ["sang", "ten"]


@pytest.mark.parametrize(
    ("days", "hours", "enough"), [(4, 2, True), (3, 3, False), (3, 24, False), (1, 24, False), (4, 1, False), (5, 1, True), (30, 1, True)]
)
def test_it_takes_hours_on_several_days(publish, days, hours, enough):
    publish("1", "Biến động đất")
    for day in range(days):
        for hour in range(hours):
            chosen("sang tên", ago=day, hour=hour)
    learning.learn(DAY)
    assert bool(learned()) is enough


def test_a_choice_at_the_first_place_counts_half(publish):
    publish("1", "Biến động đất")
    publish("2", "Thế chấp đất")
    habit("sang tên", "1", position=1, hours=1)
    habit("sang tên", "2", position=2, hours=1)
    learning.learn(DAY)
    strength = {row.object_id: row.strength for row in LearnedQuery.objects.all()}
    assert strength["2"] == pytest.approx(2 * strength["1"])


def test_what_few_of_the_askers_choose_is_not_learned(publish):
    for number in ("1", "2"):
        publish(number, f"Việc thứ {number}")
    habit("sang tên", "1", days=30, hours=3)
    habit("sang tên", "2", days=5, hours=2)
    learning.learn(DAY)
    assert learned() == [("1", "sang tên")]


def test_a_thing_learns_so_many_questions_and_no_more(publish):
    publish("1", "Việc")
    for number in range(learning.MOST_A_THING + 5):
        habit(f"cách nói {number:02}", days=4 + (number < 20), hours=2)
    learning.learn(DAY)
    assert [asked for _id, asked in learned()] == [f"cách nói {number:02}" for number in range(20)]


def test_the_spelling_is_the_one_of_most_hours_and_not_of_most_requests(publish):
    publish("1", "Việc")
    habit("sang tên")
    chosen("sang tện", times=500)
    learning.learn(DAY)
    assert learned() == [("1", "sang tên")]


# ── Nobody steers alone ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def rivals(publish):
    for number in range(1, 6):
        publish(str(number), f"Đăng ký kinh doanh ngành {number}")
    habit("mở quán", "2")
    learning.learn(DAY)
    assert found("mở quán") == ["2"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    question=st.sampled_from(["mở quán", "đăng ký kinh doanh", "bán hàng ăn", "ngành 2"]),
    choices=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 29), st.integers(1, 10), st.sampled_from([1, 40])), min_size=1, max_size=40),
)
def test_one_person_with_a_script_changes_no_order(rivals, question, choices):
    """Thirty hours of one night, any questions, any things, any number of pings: the order stays what it was."""
    asked = ("mở quán", "đăng ký kinh doanh", "bán hàng ăn", "kinh doanh ngành 2")
    with transaction.atomic():
        before = [(query, found(query)) for query in asked]
        for thing, hour, position, times in choices:
            chosen(question, str(thing), ago=1 - hour // 24 if hour < 48 else 0, hour=hour % 24, position=position, times=times)
        learning.learn(DAY)
        assert [(query, found(query)) for query in asked] == before
        transaction.set_rollback(True)


def test_ten_thousand_pings_in_an_hour_and_thirty_hours_of_them_teach_nothing(publish):
    publish("1", "Biến động đất")
    chosen("sang tên", times=10_000)
    for hour in range(30):
        chosen("bán nhà", ago=2 - (hour + 23) // 24, hour=(hour + 23) % 24, times=300)
    assert QueryLog.objects.filter(folded="ban nha").values("day").distinct().count() == 3, "from 23 o'clock on: three days"
    learning.learn(DAY)
    assert learned() == []
    assert not PopularQuery.objects.exists()


def test_a_thousand_further_pings_of_a_learned_question_weigh_no_more(publish):
    publish("1", "Biến động đất")
    habit("sang tên")
    learning.learn(DAY)
    before = finder.find("sang tên").hits[0].score
    habit("sang tên", times=100, hours=12)
    learning.learn(DAY)
    assert finder.find("sang tên").hits[0].score == before


# ── How it goes and stays ─────────────────────────────────────────────────────────────────────────────────────────────


def test_evidence_halves_and_what_nobody_chooses_any_more_is_forgotten(publish):
    publish("1", "Biến động đất")
    habit("sang tên")
    learning.learn(DAY)
    first = LearnedQuery.objects.get().strength
    learning.learn(DAY + dt.timedelta(days=learning.HALF_LIFE))
    assert LearnedQuery.objects.get().strength == pytest.approx(first / 2)
    gained = learning.learn(DAY + dt.timedelta(days=3 * learning.HALF_LIFE))
    assert (gained.forgotten, gained.entries) == (1, 1)
    assert streams() == []
    assert found("sang tên") == []


def test_publishing_again_keeps_what_was_learned(publish):
    publish("1", "Biến động đất")
    habit("sang tên")
    learning.learn(DAY)
    publish("1", "Biến động đất đai")
    assert streams() == ["sang", "ten"]
    services.remove("thing", ["1"])
    assert found("sang tên") == []
    publish("1", "Biến động đất đai")
    assert found("sang tên") == ["1"]


def test_what_is_not_public_is_not_found_by_what_was_learned(publish):
    publish("1", "Biến động đất")
    habit("sang tên")
    services.remove("thing", ["1"])
    assert learning.learn(DAY).entries == 0
    assert found("sang tên") == []


def test_reconcile_mends_what_an_entry_lost_or_holds_too_much(publish, monkeypatch):
    publish("1", "Biến động đất")
    publish("2", "Việc khác")
    habit("sang tên")
    learning.learn(DAY)
    for entry in Entry.objects.all():
        entry.streams = {**entry.streams, "learned_folded": "" if entry.object_id == "1" else "sang ten", "learned_pairs": ""}
        entry.save()
    monkeypatch.delitem(search_sources._items, "thing")
    call_command("search_index", "reconcile", engine="local", stdout=io.StringIO())
    assert (streams("1"), streams("2")) == (["sang", "ten"], [])


def test_a_slip_that_was_learned_is_still_read_as_the_word(publish):
    publish("1", "Đăng ký khai sinh")
    publish("2", "Đăng ký khai tử")
    habit("khai sihn")
    learning.learn(DAY)
    results = finder.find("khai sihn")
    assert results.hits[0].id == "1"
    assert results.did_you_mean == "khai sinh"


# ── Who forbids it ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_an_editor_forbids_goes_at_once_and_is_never_learned_again(publish):
    publish("1", "Biến động đất")
    habit("sang tên")
    learning.learn(DAY)
    editor = person("bien-tap", role="editor")
    learning.judge(LearnedQuery.objects.get(), editor, vetoed=True, note="là việc khác")
    assert found("sang tên") == []
    habit("sang tên", days=20, hours=3)
    learning.learn(DAY)
    assert learned() == []
    assert found("sang tên") == []
    learning.learn(DAY + dt.timedelta(days=390))
    row = LearnedQuery.objects.get()
    assert (row.vetoed, row.vetoed_by, row.note) == (True, editor, "là việc khác"), "a veto outlives the evidence"
    learning.learn(DAY)
    learning.judge(row, editor, vetoed=False)
    assert found("sang tên") == ["1"]
    assert [event.kind for event in Event.objects.filter(kind__startswith="search.learnedquery_").order_by("pk")] == [
        "search.learnedquery_vetoed", "search.learnedquery_allowed",
    ]  # fmt: skip


def test_a_forbidden_question_takes_no_place_from_others(publish):
    publish("1", "Việc")
    for number in range(learning.MOST_A_THING + 1):
        habit(f"cách nói {number:02}", days=6 if number == 0 else 4)
    learning.learn(DAY)
    learning.judge(LearnedQuery.objects.get(folded="cach noi 00"), None, vetoed=True)
    learning.learn(DAY)
    assert len(learned()) == learning.MOST_A_THING


def test_the_database_holds_who_may_not_be_missing(publish):
    with pytest.raises(IntegrityError), transaction.atomic():
        LearnedQuery.objects.create(kind="thing", object_id="1", folded="x", asked="x", first_day=DAY, last_day=DAY, vetoed=True)


# ── Popular questions ─────────────────────────────────────────────────────────────────────────────────────────────────


def asked(words: str, *, ago: int = 0, hour: int = 8, total: int = 9, times: int = 1) -> None:
    row = {
        "asked": words,
        "folded": key_of(words),
        "day": DAY - dt.timedelta(days=ago),
        "hour": hour,
        "engine": "local",
        "total": total,
        "language": "vi",
    }
    QueryLog.objects.bulk_create([QueryLog(**row) for _time in range(times)])


@pytest.mark.parametrize(
    ("how", "popular"), [({}, True), ({"days": 3}, False), ({"hours": 1}, False), ({"total": 0}, False), ({"chosen": False}, False)]
)
def test_what_many_ask_and_find_is_popular(how, popular):
    for day in range(how.get("days", 4)):
        for hour in range(how.get("hours", 2)):
            asked("khai sinh cho con", ago=day, hour=hour, total=how.get("total", 9), times=50)
    if how.get("chosen", True):
        for day in range(2):
            chosen("khai sinh cho con", ago=day, hour=0)
            QueryLog.objects.filter(position=3).update(total=how.get("total", 9))
    learning.learn(DAY)
    assert PopularQuery.objects.exists() is popular


# ── Ranking, on both engines ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.enable_socket
def test_what_was_learned_ranks_alike_on_both_engines(publish, shared):
    publish("1", "Biến động quyền sử dụng đất")
    publish("2", "Cấp lại sổ theo dõi")
    publish("3", "Đổi tên chủ sở hữu")
    for number in range(4, 12):
        publish(str(number), f"Việc khác số {number}")
    index.rebuild(shared)

    def order() -> list[list[str]]:
        index.follow(shared)
        local.engine().sync()
        # Documents that were written twice count twice until they are merged, in each engine at its own time: both begin anew.
        index.rebuild(shared)
        local.engine().sync(rebuild=True)
        plan = planner.plan("sang tên sổ")
        answers = [local.engine().run(plan), elasticsearch.engine(shared).run(plan)]
        assert [one.score for one in answers[0].found] == pytest.approx([one.score for one in answers[1].found], rel=1e-4)
        return [[one.object_id for one in answer.found] for answer in answers]

    ours, theirs = order()
    assert ours == theirs
    assert "1" not in ours
    habit("sang tên sổ")
    learning.learn(DAY)
    ours, theirs = order()
    assert ours == theirs
    assert "1" in ours
    assert Counter(ours) == Counter(theirs)
    learning.judge(LearnedQuery.objects.get(), None, vetoed=True)
    ours, theirs = order()
    assert ours == theirs
    assert "1" not in ours
