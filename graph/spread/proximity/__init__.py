"""How near firms are to sources of credit; `graph.diffusion` names what is for use."""
