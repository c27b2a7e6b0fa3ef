"""The tables that editors keep: their rules, when a change is in force, what a question calls for."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from search import finder, planner, tables, vocabulary
from search.models import Abbreviation, Guidance, Pick, SynonymGroup, VocabularyWord

GROUP = {"canonical": "đăng ký khai sinh", "same": ["làm giấy khai sinh", "GKS"], "one_way": ["giấy chứng sinh"]}


def group(**changes) -> SynonymGroup:
    return SynonymGroup(**{**GROUP, **changes})


def advice(**changes) -> Guidance:
    return Guidance(**{"name": "Bằng lái", "phrases": ["bằng lái"], "text": "Xin đến Công an.", "text_en": "Please go to the police.", **changes})


# ── A rule stands twice ───────────────────────────────────────────────────────────────────────────────────────────────

BROKEN = {
    "a term is needed": lambda: group(canonical=""),
    "other words are needed": lambda: group(same=[], one_way=[]),
    "a phrase stands for something": lambda: group(same=[""]),
    "a short form stands for something": lambda: Abbreviation(short="UBND", long=[]),
    "a short form is needed": lambda: Abbreviation(short="", long=["ủy ban"]),
    "guidance says something": lambda: advice(text=""),
    "guidance answers something": lambda: advice(phrases=[]),
    "guidance leads to an address": lambda: advice(link="javascript:alert(1)"),
    "guidance leads to no other site without saying so": lambda: advice(link="//evil.example/"),
    "a pick answers something": lambda: Pick(phrases=[], kind="thing", object_id="1"),
    "a pick is of something": lambda: Pick(phrases=["khai sinh"], kind="", object_id=""),
    "a pick ends after it begins": lambda: Pick(
        phrases=["khai sinh"], kind="thing", object_id="1", valid_from=dt.date(2026, 2, 1), valid_to=dt.date(2026, 1, 1)
    ),
    "a word is needed": lambda: VocabularyWord(word=""),
    "a word has a use": lambda: VocabularyWord(word="Sóc Sơn", use="eaten"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_a_rule_is_told_in_words_and_held_by_the_database(make):
    if make().__class__ is not SynonymGroup or make().same != [""]:  # a blank line is tidied away, not refused
        with pytest.raises(ValidationError):
            make().full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        make().save()


@pytest.mark.django_db
def test_a_term_a_short_form_and_a_word_stand_there_once_whatever_their_letters():
    for first, second in (
        (group(), group(canonical="Đăng ký Khai sinh")), (Abbreviation(short="UBND", long=["ủy ban"]), Abbreviation(short="ubnd", long=["uỷ ban"])),
        (VocabularyWord(word="Sóc Sơn"), VocabularyWord(word="sóc sơn")), (advice(), advice(name="bằng lái")),
    ):  # fmt: skip
        first.full_clean()
        first.save()
        with pytest.raises(ValidationError, match=r"already|rồi"):
            second.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            second.save()


@pytest.mark.django_db
def test_what_is_typed_is_tidied():
    made = group(canonical="  đăng  ký khai sinh ", same=["GKS", " GKS ", "", "khai  sanh"])
    made.full_clean()
    assert (made.canonical, made.same) == ("đăng ký khai sinh", ["GKS", "khai sanh"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "make",
    [
        lambda: group(same=["?!"]),
        lambda: group(same=["a; b"]),
        lambda: group(same=["GKS"], one_way=["gks"]),
        lambda: group(same=[f"từ {number}" for number in range(200)]),
        lambda: Abbreviation(short="UBND", long=["ubnd"]),
        lambda: Pick(phrases=["khai sinh"], kind="thing", object_id="gone"),
    ],
)
def test_what_search_could_not_use_is_refused_in_the_form(make):
    with pytest.raises(ValidationError):
        make().full_clean()


# ── In force ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(tables, "LOOK_EVERY", -1.0)


def canonicals() -> list[str]:
    return [one.canonical for one in tables.rules().groups]


OTHER_PROCESS = """
import time, django
django.setup()
from search import tables
print("ready", len(tables.rules().groups), flush=True)
until = time.monotonic() + 20
while time.monotonic() < until and not tables.rules().groups:
    time.sleep(0.05)
print("seen", [one.canonical for one in tables.rules().groups], flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_change_is_in_force_in_another_process_within_seconds():
    database = connection.settings_dict
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    code = (
        "import os\nfrom django.conf import settings\n"
        f"settings.DATABASES['default'].update(NAME={database['NAME']!r}, HOST={database['HOST']!r}, PORT={database['PORT']!r},"
        f" USER={database['USER']!r}, PASSWORD={database['PASSWORD']!r})\n" + OTHER_PROCESS
    )
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline().split() == ["ready", "0"]
        group().save()
        committed = time.monotonic()
        said = other.stdout.readline()
        took = time.monotonic() - committed
        other.wait(10)
    assert "đăng ký khai sinh" in said
    assert took < 15


@pytest.mark.django_db(transaction=True)
def test_nothing_is_in_force_before_its_commit_nor_after_a_rollback(at_once):
    assert canonicals() == []
    written, go_on = threading.Event(), threading.Event()
    own: list[list[str]] = []

    def slow() -> None:
        try:
            with transaction.atomic():
                group().save()
                own.append(canonicals())  # the same process, the same memory: not yet either
                written.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    assert own == [[]]
    assert canonicals() == []
    go_on.set()
    thread.join()
    assert canonicals() == ["đăng ký khai sinh"]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        group(canonical="đăng ký khai tử").save()
        assert "đăng ký khai tử" not in canonicals()
        raise ZeroDivisionError
    assert canonicals() == ["đăng ký khai sinh"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sql", [
    "insert into search_vocabularyword (word, use, active, note, changed_at) values ('Sóc Sơn', 'known', true, '', now())",
    "update search_synonymgroup set active = false", "delete from search_synonymgroup", "truncate search_synonymgroup",
])  # fmt: skip
def test_raw_sql_counts_as_well(at_once, sql):
    group().save()
    before = tables.rules()
    assert before.groups
    with connection.cursor() as cursor:
        cursor.execute(sql)
    after = tables.rules()
    assert (after.groups, after.words) != (before.groups, before.words)
    assert after.stamp != before.stamp


@pytest.mark.django_db
def test_sql_that_switches_ordinary_triggers_off_is_told_of_too():
    with connection.cursor() as cursor:
        cursor.execute("select tgrelid::regclass::text from pg_trigger where tgname = 'search_stamp' and tgenabled = 'A'")
        told = {name for (name,) in cursor.fetchall()}
    assert told == {model._meta.db_table for model in (SynonymGroup, Abbreviation, Guidance, Pick, VocabularyWord)}


@pytest.mark.django_db(transaction=True)
def test_what_has_not_changed_is_not_read_again(django_assert_num_queries, at_once):
    group().save()
    known = tables.rules()
    with django_assert_num_queries(1):
        assert tables.rules() is known


@pytest.mark.django_db(transaction=True)
def test_the_database_is_asked_once_a_second_at_most(django_assert_num_queries):
    group().save()
    tables.memory.forget()
    tables.rules()
    with django_assert_num_queries(0):
        for _time in range(100):
            tables.rules()


@pytest.mark.django_db(transaction=True)
def test_a_stamp_that_was_emptied_by_hand_keeps_nothing_old(at_once):
    group().save()
    tables.rules()
    with connection.cursor() as cursor:
        cursor.execute("truncate search_stamp")
    assert canonicals() == ["đăng ký khai sinh"]
    group(canonical="đăng ký khai tử").save()
    assert canonicals() == ["đăng ký khai sinh", "đăng ký khai tử"]


# ── What a question calls for ─────────────────────────────────────────────────────────────────────────────────────────


def known(*phrases: str, picks: tuple = ()) -> tables.Rules:
    said = tuple(tables.Said(number, (phrase,), phrase, "", "", True) for number, phrase in enumerate(phrases))
    return tables.Rules("1", guidance=said, picks=picks)


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("đổi bằng lái xe máy", ["bằng lái"]),
        ("doi bang lai xe may", ["bằng lái"]),
        ("BẰNG LÁI", ["bằng lái"]),
        ("bằng", []),
        ("khai bằng láiơ", []),
        ("thuê đất", []),  # thuê is not thuế
        ("thuế đất", ["thuế đất"]),
        ("thue dat", ["thuế đất"]),
        ("đổi bằng lái, nộp thuế đất phi nông nghiệp", ["thuế đất phi nông nghiệp", "bằng lái", "thuế đất"]),
        ("", []),
    ],
)
def test_guidance_is_shown_when_its_phrase_stands_in_the_question(question, shown):
    rules = known("bằng lái", "thuế đất", "thuế đất phi nông nghiệp")
    assert [said.text for said in tables.guidance_for(question, rules)] == shown


def test_a_pick_answers_exactly_its_question_on_its_days_in_its_order():
    picks = (
        tables.Picked(("khai sinh", "giấy khai sinh"), "thing", "2", 1, None, None),
        tables.Picked(("khai sinh",), "thing", "1", 2, dt.date(2026, 1, 1), dt.date(2026, 1, 31)),
    )
    rules = known(picks=picks)
    day = dt.date(2026, 1, 31)
    assert tables.picks_for("Khai sinh?", rules, day) == (("thing", "2"), ("thing", "1"))
    assert tables.picks_for("khai sinh", rules, dt.date(2026, 2, 1)) == (("thing", "2"),)
    assert tables.picks_for("giay khai sinh", rules, day) == (("thing", "2"),)
    assert tables.picks_for("làm khai sinh", rules, day) == ()


@pytest.fixture
def own_tables(monkeypatch, at_once):
    """Let the memory hold what the test's own transaction wrote."""
    monkeypatch.setattr(tables, "WROTE", "false")


@pytest.mark.django_db
@pytest.mark.usefixtures("own_writes", "own_tables")
class TestResults:
    def test_what_editors_pick_comes_first_once_and_is_marked(self, publish):
        for number in range(15):
            publish(str(number), f"Đăng ký khai sinh {number}", levels=("ward",))
        publish("99", "Việc khác hẳn", levels=("province",))
        Pick.objects.create(phrases=["khai sinh"], kind="thing", object_id="14", order=2)
        Pick.objects.create(phrases=["khai sinh"], kind="thing", object_id="99", order=1)
        first, second = finder.find("khai sinh"), finder.find("khai sinh", page=2)
        assert [hit.id for hit in first.hits][:2] == ["99", "14"]
        assert [hit.pinned for hit in first.hits] == [True, True, *[False] * 8]
        ids = [hit.id for hit in (*first.hits, *second.hits)]
        assert len(ids) == len(set(ids)) == first.total == 16
        counts = {facet.name: {bucket.value: bucket.count for bucket in facet.buckets} for facet in first.facets}
        assert sum(counts["kind"].values()) == 16
        assert not any(hit.pinned for hit in finder.find("khai sinh", {"level": ("ward",)}).hits), "a filter asks for something else"
        assert not any(hit.pinned for hit in finder.find("đăng ký khai sinh").hits)

    def test_what_is_gone_is_not_pinned(self, publish, hidden):
        publish("1", "Đăng ký khai sinh")
        publish("2", "Việc khác hẳn")
        Pick.objects.create(phrases=["khai sinh"], kind="thing", object_id="2")
        Pick.objects.create(phrases=["khai sinh"], kind="thing", object_id="never")
        assert [hit.id for hit in finder.find("khai sinh").hits] == ["2", "1"]
        hidden.add("2")
        assert [hit.id for hit in finder.find("khai sinh").hits] == ["1"]

    def test_guidance_stands_above_the_results_in_the_language_of_the_page(self, publish, client):
        publish("1", "Đăng ký khai sinh")
        advice(link="https://dichvucong.gov.vn/").save()
        advice(name="off", text="Không còn", active=False).save()
        page = client.get("/tim/", {"q": "đổi bằng lái"}).content.decode()
        assert "Xin đến Công an." in page
        assert 'href="https://dichvucong.gov.vn/"' in page
        assert "Không còn" not in page
        assert "Please go to the police." in client.get("/en/tim/", {"q": "doi bang lai"}).content.decode()
        assert "Công an" not in client.get("/tim/", {"q": "khai sinh"}).content.decode()

    def test_the_api_says_what_the_page_says(self, publish, client):
        publish("1", "Đăng ký khai sinh")
        publish("2", "Việc khác hẳn")
        Pick.objects.create(phrases=["bằng lái khai sinh"], kind="thing", object_id="2")
        advice().save()
        said = client.get("/api/v1/search", {"q": "bằng lái khai sinh"}).json()
        assert said["guidance"] == [{"text": "Xin đến Công an.", "language": "vi", "link": None, "elsewhere": True}]
        assert [(hit["id"], hit["pinned"]) for hit in said["hits"]] == [("2", True), ("1", False)]
        assert client.get("/api/v1/search", {"q": "khai sinh"}).json()["guidance"] == []


@pytest.mark.django_db
def test_a_word_of_the_vocabulary_is_what_others_are_corrected_to(at_once, publish, own_writes, monkeypatch):
    monkeypatch.setattr(tables, "WROTE", "false")
    publish("1", "Đăng ký khai sinh")
    assert "trang" not in vocabulary.current().words
    VocabularyWord.objects.create(word="Sông Trăng", use="known")
    VocabularyWord.objects.create(word="VssID", use="untouched")
    known = vocabulary.current()
    assert {"song", "trang"} <= known.words.keys()
    assert "vssid" not in known.words
    assert planner.plan("dang ky trangg", lexicon=known).words[-1] == "trang"
    assert planner.plan("vssid", lexicon=known).repairs == ()
