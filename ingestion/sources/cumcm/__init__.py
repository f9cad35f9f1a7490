"""The source `cumcm`."""
