"""Tests of reading, answering and the documents."""
