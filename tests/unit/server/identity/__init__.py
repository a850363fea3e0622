"""Tests of names, passwords, limits and addresses."""
