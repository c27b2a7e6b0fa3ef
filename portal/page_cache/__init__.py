"""Pages for anonymous visitors, kept in each process under the stamp of what is public (docs/public-pages.md, decision 0004)."""
