"""Alembic's migrations, one SQL file each."""
