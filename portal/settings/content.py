"""Content: what is asked of other sites."""

from portal import environment

# Links to other sites are asked for by a job at night; off where the machine has no way to the internet.
LINKS_CHECK_EXTERNAL = environment.flag("LINKS_CHECK_EXTERNAL", False)
