"""The version of the finance fields: every fact on the tape carries it."""

# Changes with everything that makes the rules find something else; `newstape reprocess` then finds what is older.
FIELDS_VERSION = "1"
