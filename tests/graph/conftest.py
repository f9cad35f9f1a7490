from hypothesis import settings

# The first example of a test may compile a kernel; no single example has to be quick.
settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")
