"""Play: rules without clock, chance or IO, and the loop that runs them."""
