"""Who somebody is, and what they may see: users, sessions, tokens, rules."""
