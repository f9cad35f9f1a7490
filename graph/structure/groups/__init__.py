"""Connected groups of firms; `graph.groups` names what is for use."""
