"""HTTP: the JSON API, health, metrics and the static client."""
