"""The floor on real PostgreSQL and Valkey."""
