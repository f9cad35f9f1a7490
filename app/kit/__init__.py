"""Plain tools of the service that know nothing of its domains."""
