"""What firms cannot do without: single points of failure, and risk on dependence."""
