"""Tests of the pure modules of the web client, by Node.js."""
