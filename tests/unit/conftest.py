"""Property tests take as long as the machine needs; what they find does not depend on its speed."""

from hypothesis import settings

settings.register_profile("zicht", deadline=None)
settings.load_profile("zicht")
