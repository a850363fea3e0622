"""Live tables: the store with its compare-and-swap, journal, history, presence and running loops."""
