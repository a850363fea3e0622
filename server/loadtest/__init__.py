"""`casino loadtest`: real socket clients, what they measured, and whether all they saw was true."""
