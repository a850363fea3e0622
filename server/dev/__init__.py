"""`casino dev`: everything in one go, with demo data and bots, on embedded servers."""
