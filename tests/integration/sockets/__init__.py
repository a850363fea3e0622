"""Tests of the socket edge on real servers."""
