"""
What a client made from the description does: it reads limits of a service that runs.

Started by a test with the folder of the client, the address, the token, a core and a firm.
"""

import importlib
import json
import sys


def main(folder: str, address: str, token: str, core: str, firm: str) -> None:
    """Print a chain's limits, one firm's, and the code of a firm's that is not there."""
    sys.path.insert(0, folder)
    made = importlib.import_module("made")
    models = importlib.import_module("made.models")
    limits_list = importlib.import_module("made.api.limits.limits_list")
    limits_read = importlib.import_module("made.api.limits.limits_read")
    with made.AuthenticatedClient(base_url=address, token=token) as client:
        chain = limits_list.sync(core, client=client)
        limit = limits_read.sync(core, firm, client=client)
        nobody = limits_read.sync(core, "NOBODY", client=client)
    assert isinstance(chain, models.ChainLimits)
    assert isinstance(limit, models.FirmLimit)
    assert isinstance(nobody, models.Problem)
    found = {"chain": chain.to_dict(), "limit": limit.to_dict(), "code": nobody.code}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
