"""
The formulas of limits: pure, without web, database, files or policies on disk.

Each formula is written once against one algebra (`algebra.py`). Its leaves are single exact
figures, or columns of them; what comes out is a term that holds its value and the steps below.
"""
