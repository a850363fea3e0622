"""Whether what the clients saw was true: their logs against each other, and against the database."""
