"""Tests of the floor, without any server."""
