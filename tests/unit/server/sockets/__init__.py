"""Tests of the socket edge, without any server."""
