"""Alembic migrations: frozen, numbered, one change each."""
