"""What imports of files share: what is wrong and where, a report of what a file would do or did, the resource of django-import-export."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, ClassVar

from import_export import resources
from import_export.results import RowResult


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: the row as a spreadsheet counts it (the header is row 1), the column, the value."""

    row: int
    column: str
    message: str
    value: str = ""


@dataclass
class Report:
    """What a file would do or did."""

    most_told: ClassVar[int] = 500

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    def complain(self, row: int, column: str, message: str, value: object = "") -> None:
        """One more problem; past a number of them nobody reads on."""
        if len(self.problems) < self.most_told:
            self.problems.append(Problem(row, column, message, str(value)[:80]))


class Undone(Exception):
    """Takes a transaction back: a dry run, or a file with a problem."""


class NoInstances:
    """Import-export would load an instance a row; what a file names is looked up in whole."""

    def __init__(self, resource: Any, dataset: Any = None) -> None:
        self.resource = resource


class RowReader(resources.Resource):
    """Reads the rows of a file and says in `report` what is wrong with them. It writes nothing: that is for whoever reads them."""

    class Meta:
        instance_loader_class = NoInstances
        use_transactions = False
        report_skipped = False
        skip_diff = True
        import_id_fields: tuple[str, ...] = ()

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report

    def import_row(self, row: OrderedDict[str, Any], instance_loader: Any, row_number: int = 0, **kwargs: Any) -> RowResult:
        """One row: kept when nothing is wrong with it."""
        result = RowResult()
        self.report.rows += 1
        before = len(self.report.problems)
        self.take(row, self.report.rows + 1)
        well = len(self.report.problems) == before
        result.import_type = RowResult.IMPORT_TYPE_NEW if well else RowResult.IMPORT_TYPE_INVALID
        return result

    def take(self, row: OrderedDict[str, Any], number: int) -> None:
        """Read one row, which is number so and so of its file."""
        raise NotImplementedError
