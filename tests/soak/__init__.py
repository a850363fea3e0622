"""Long statistical and stress runs, `make soak`."""
