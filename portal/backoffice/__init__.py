"""Pages of the back office for content: public duties, interruptions, links to drafts, reports."""
