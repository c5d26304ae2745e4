"""A simulated trial built to the published figures of Zhu et al. 2013, to try the service on."""
