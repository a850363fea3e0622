"""Socket.IO: untrusted events in, acks and pushes out."""
