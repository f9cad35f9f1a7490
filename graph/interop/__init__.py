"""Into and out of other people's shapes: networkx, pandas, pyvis."""
