"""HTTP as every domain speaks it: routes, problems, answers, bounds, the description."""
