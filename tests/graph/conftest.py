from hypothesis import settings

from tests.graph.effort import examples

# The first example of a test may compile a kernel; no single example has to be quick.
settings.register_profile("kernels", deadline=None, max_examples=examples(100))
settings.load_profile("kernels")
