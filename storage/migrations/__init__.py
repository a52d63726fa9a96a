"""The steps from an empty database to the tables of today, run in this process."""
