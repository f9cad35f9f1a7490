"""The service at its socket: who gets a connection, and how long one may wait for its client."""
