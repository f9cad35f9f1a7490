"""One scenario kept round by round; `graph.replay` names what is for use."""
