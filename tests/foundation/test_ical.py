"""Calendars that others read: what is written comes back as it was, whatever stands in it."""

import datetime as dt

import icalendar
import pytest

from foundation import ical

BEGINS = dt.datetime(2026, 12, 3, 18, 30, tzinfo=dt.timezone(dt.timedelta(hours=7)))
LONG = "Đối thoại về đất đai, giấy phép xây dựng; khu phố 4, 5 \\ " * 6


def event(**values):
    return ical.Event(
        **{
            "uid": "lich-1@example.gov.vn", "title": "Đối thoại", "starts_at": BEGINS, "ends_at": BEGINS + dt.timedelta(hours=2),
            "changed": BEGINS - dt.timedelta(days=9),
        } | values
    )  # fmt: skip


def read_back(made):
    return icalendar.Calendar.from_ical(made).walk("VEVENT")


@pytest.mark.parametrize("text", [LONG, "a,b;c\\d\ne", "BEGIN:VEVENT\r\nX:1", "tách\x00 rời\x1b", "END:VCALENDAR"])
def test_texts_come_back_whole_and_end_nothing(text):
    (found,) = read_back(ical.write([event(title=text, where=text, text=text)], name=text))
    said = text.replace("\r\n", "\n").replace("\x00", " ").replace("\x1b", " ")
    assert str(found["description"]) == said
    assert str(found["location"]) == said


def test_no_line_is_longer_than_75_bytes_and_all_end_as_the_standard_wants():
    made = ical.write([event(title=LONG, text=LONG)], name="Lịch")
    lines = made.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


def test_times_are_utc_and_the_number_of_a_move_is_kept():
    (found,) = read_back(ical.write([event(sequence=3)], name="Lịch"))
    assert found["dtstart"].to_ical() == b"20261203T113000Z"
    assert found["sequence"] == 3
    assert found["status"] == "CONFIRMED"


def test_what_is_called_off_stays_and_says_so():
    (found,) = read_back(ical.write([event(cancelled=True)], name="Lịch"))
    assert found["status"] == "CANCELLED"


def test_the_same_entries_are_the_same_file():
    assert ical.write([event()], name="Lịch") == ical.write([event()], name="Lịch")
