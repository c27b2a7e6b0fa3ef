"""The calendar that residents see: what an address asks for, what the database knows of those days, and how days are laid out."""
