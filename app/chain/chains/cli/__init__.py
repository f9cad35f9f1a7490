"""
The commands `cores`, `core`, `chain` and `export`, each loaded when it is called.

The kernels behind a chain take a second to load, which `cores` need not wait for.
"""
