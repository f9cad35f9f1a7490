"""What kernels share: kinds of arrays, compressed rows, counting sorts, vectors, the compiler."""

from pathlib import Path

from graph.arrays.kept import drop_stale

drop_stale(Path(__file__).parent.parent)
