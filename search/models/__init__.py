"""Models of search: what can be found, what editors keep, what people asked, what files say."""

from .asked import Gathered, LearnedQuery, PopularQuery, QueryLog
from .entries import Entry, Mirror
from .files import AttachedFile, FileState, FileText
from .tables import LINK, Abbreviation, Guidance, Kept, Pick, SeededRow, SynonymGroup, VocabularyWord, WordUse

__all__ = [
    "LINK", "Abbreviation", "AttachedFile", "Entry", "FileState", "FileText", "Gathered", "Guidance", "Kept", "LearnedQuery", "Mirror",
    "Pick", "PopularQuery", "QueryLog", "SeededRow", "SynonymGroup", "VocabularyWord", "WordUse",
]  # fmt: skip
