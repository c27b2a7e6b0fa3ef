"""Import of the catalogue: readers of files, parsers of the national portal's texts, comparison, writing in bulk."""
