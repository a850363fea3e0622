"""Tests of the edge, without any server."""
