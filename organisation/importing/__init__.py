"""Import of the organisation from a folder of CSV files: read, check everything, then write in one transaction."""

from .run import Result, import_folder

__all__ = ["Result", "import_folder"]
