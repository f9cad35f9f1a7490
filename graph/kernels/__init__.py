"""Compiled loops: arrays in, arrays out; equation, symbols and paper on top of each file."""
