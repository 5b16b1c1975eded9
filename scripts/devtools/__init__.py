"""Tools for developers: simulator, soak test, mutation tests."""
