"""Tests of the telemetry, without any server."""
