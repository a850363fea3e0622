"""The economy on real PostgreSQL and Valkey."""
