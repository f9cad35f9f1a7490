"""The equations of the index as they are published, one after another, on sparse matrices."""

import numpy as np
from scipy import sparse

from graph.contagion import Economy, Production, Rules


class Literal:
    """One closure at a time; every round sweeps the whole network."""

    def __init__(self, given: Economy, production: Production) -> None:
        self.sales, self.weights = production.sales, production.weights
        self.sectors = np.asarray(given.sectors)
        suppliers, buyers = np.asarray(given.suppliers), np.asarray(given.buyers)
        firms, sectors = given.firms, int(self.sectors.max()) + 1
        self.kinds = np.zeros((sectors, sectors), np.int64)
        self.kinds[self.sectors[suppliers], self.sectors[buyers]] = given.classes
        shape = (firms, firms)
        trades = sparse.coo_array((given.amounts, (suppliers, buyers)), shape=shape).tocsr()
        place = (np.arange(firms), self.sectors)
        self.member = sparse.csr_array((np.ones(firms), place), shape=(firms, sectors))
        coo = trades.tocoo()
        of_sector = np.asarray((self.member.T @ trades).toarray())
        kind = self.kinds[self.sectors[coo.row], self.sectors[coo.col]]
        essential = of_sector[self.sectors[coo.row], coo.col]
        whole = np.where(kind == 2, essential, of_sector.sum(axis=0)[coo.col])
        down = np.where(kind > 0, coo.data / whole, 0.0)
        self.down = sparse.coo_array((down, (coo.row, coo.col)), shape=shape).tocsr()
        revenue = self.sales if given.revenue is None else np.asarray(given.revenue)
        up = coo.data / revenue[coo.row]
        self.up = sparse.coo_array((up, (coo.row, coo.col)), shape=shape).tocsr()
        self.buying = [np.flatnonzero(self.sectors == sector) for sector in range(sectors)]

    def close(self, row: int) -> float:
        """Return the index of one closure."""
        psi = np.ones(len(self.sales))
        psi[row] = 0.0
        down, up = psi, psi
        for _ in range(Rules().rounds_max):
            following = self.inputs(down, psi), np.maximum(0, np.minimum(psi, self.orders(up)))
            moved = max((down - following[0]).max(), (up - following[1]).max())
            down, up = following
            if moved <= Rules().tolerance:
                break
        return float(self.weights @ (1 - np.minimum(down, up)))

    def orders(self, up: np.ndarray) -> np.ndarray:
        """Return what is left of every firm's orders."""
        return 1 - self.up @ (1 - up)

    def inputs(self, down: np.ndarray, psi: np.ndarray) -> np.ndarray:
        """Return what every firm can make of what is left of its inputs, sector by sector."""
        there = (self.member.T @ (down * self.sales))[self.sectors]
        sigma = np.where(there > self.sales, self.sales / np.where(there > 0, there, 1), 1.0)
        lost = (sparse.diags_array(sigma) @ self.down).T @ sparse.diags_array(1 - down)
        left = 1 - (lost @ self.member).toarray()
        following = np.empty_like(down)
        for sector, buyers in enumerate(self.buying):
            needed, others = (np.flatnonzero(self.kinds[:, sector] == kind) for kind in (2, 1))
            worst = left[np.ix_(buyers, needed)].min(axis=1, initial=1.0)
            missed = (1 - left[np.ix_(buyers, others)]).sum(axis=1)
            following[buyers] = np.minimum(np.minimum(worst, 1 - missed), psi[buyers])
        return np.maximum(0, following)
