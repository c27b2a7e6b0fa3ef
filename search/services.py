"""The door of search: what is found is written here, in the transaction of the change."""
