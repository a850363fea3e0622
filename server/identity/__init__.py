"""Users, passwords, sessions, roles and rate limits."""
