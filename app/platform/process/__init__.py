"""What a process has of its own: logs, locks, what it keeps in memory, its end."""
