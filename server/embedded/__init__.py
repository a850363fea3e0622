"""PostgreSQL and Valkey from wheels, owned by one process: for `casino dev` and the tests only."""
