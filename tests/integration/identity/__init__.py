"""Tests of accounts and sessions on real PostgreSQL."""
