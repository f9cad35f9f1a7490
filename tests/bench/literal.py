"""The equations of the index as one would first write them: whole sparse matrices, each round."""

import numpy as np
from scipy import sparse

from graph.contagion import Economy, Production, Rules


class Literal:
    """The equations on sparse matrices: a column of missing inputs for every sector, each round."""

    def __init__(self, given: Economy, production: Production) -> None:
        self.production = production
        self.sectors = np.asarray(given.sectors)
        firms, shape = given.firms, (given.firms, given.firms)
        ends = (np.asarray(given.suppliers), np.asarray(given.buyers))
        amounts = sparse.coo_array((given.amounts, ends), shape=shape).tocsr()
        self.member = sparse.csr_array(
            (np.ones(firms), (np.arange(firms), self.sectors)),
            shape=(firms, int(self.sectors.max()) + 1),
        )
        kinds = sparse.coo_array((np.asarray(given.classes) + 1.0, ends), shape=shape).tocsr()
        counts = sparse.coo_array((np.ones(len(ends[0])), ends), shape=shape).tocsr()
        coo, kind = amounts.tocoo(), (kinds.data / counts.data - 1).round()
        same = (self.member.T @ amounts).tocsr()[self.sectors[coo.row], coo.col]
        total = np.asarray(amounts.sum(axis=0)).ravel()[coo.col]
        share = np.where(kind == 2, coo.data / np.asarray(same).ravel(), coo.data / total)
        place = (coo.row, coo.col)
        self.needed = sparse.coo_array((share * (kind == 2), place), shape=shape).tocsr()
        self.others = sparse.coo_array((share * (kind == 1), place), shape=shape).tocsr()
        revenue = production.sales if given.revenue is None else np.asarray(given.revenue)
        up = coo.data / revenue[coo.row]
        self.up = sparse.coo_array((up, place), shape=shape).tocsr()

    def close(self, row: int) -> float:
        """Return the index of one closure."""
        sales, firms = self.production.sales, len(self.production)
        psi = np.ones(firms)
        psi[row] = 0.0
        down, up = psi, psi
        for _ in range(Rules().rounds_max):
            there = (self.member.T @ (down * sales))[self.sectors]
            sigma = np.where(there > sales, sales / np.where(there > 0, there, 1), 1.0)
            lost = sparse.diags_array(sigma * (1 - down))
            missed = (self.needed.T @ (lost @ self.member)).toarray().max(axis=1)
            other = self.others.T @ (sigma * (1 - down))
            next_down = np.maximum(0, np.minimum(psi, 1 - np.maximum(missed, other)))
            next_up = np.maximum(0, np.minimum(psi, 1 - self.up @ (1 - up)))
            moved = max((down - next_down).max(), (up - next_up).max())
            down, up = next_down, next_up
            if moved <= Rules().tolerance:
                break
        return float(self.production.weights @ (1 - np.minimum(down, up)))
