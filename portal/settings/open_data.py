"""Open data: on which terms it is given away. The law asks for the source to be named (NĐ 47/2020/NĐ-CP), and so does this licence."""

from portal import environment

OPEN_DATA_LICENCE_NAME = environment.text("OPEN_DATA_LICENCE_NAME", "Creative Commons Attribution 4.0 International (CC BY 4.0)")
OPEN_DATA_LICENCE_URL = environment.text("OPEN_DATA_LICENCE_URL", "https://creativecommons.org/licenses/by/4.0/")
# Days for which the file of each day stays under its dated address; the last of a month stays for a year.
OPEN_DATA_KEPT_DAYS = environment.number("OPEN_DATA_KEPT_DAYS", 30)
