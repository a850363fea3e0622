"""Tests of the HTTP calls on real servers."""
