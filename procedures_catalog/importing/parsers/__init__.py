"""Pure parsers of the national portal's texts: what is certain becomes structure, the rest stays text with a reason.

No Django here, so that they can be tried by the thousand.
"""

from .fees import FeeReading, read_fee
from .lawnumbers import LawReading, read_law_numbers
from .limits import LimitReading, read_limit
from .papers import PaperReading, read_paper, read_quantity, read_sets
from .words import AUDIENCES, CHANNELS, audiences, channels_in, levels, one_line, said, split_steps, tidy

__all__ = [
    "AUDIENCES", "CHANNELS", "FeeReading", "LawReading", "LimitReading", "PaperReading", "audiences", "channels_in", "levels", "one_line", "read_fee",
    "read_law_numbers", "read_limit", "read_paper", "read_quantity", "read_sets", "said", "split_steps", "tidy",
]  # fmt: skip
