"""What a process keeps of pages for anonymous visitors (portal.page_cache)."""

from portal import environment

PAGE_CACHE_MB = environment.number("PAGE_CACHE_MB", 64)  # of each process; 0 keeps nothing
PAGE_CACHE_PAGES = environment.number("PAGE_CACHE_PAGES", 4_000)
