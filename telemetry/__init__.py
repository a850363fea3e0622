"""Measuring, logging and alerting; knows nothing about casinos."""
