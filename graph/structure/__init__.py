"""How firms hang together: chains of cores, single points of failure, risk on dependence."""
