"""Tests of the pure core: no clock, no chance, no IO."""
