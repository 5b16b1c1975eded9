"""Creates, rotates and deletes the secrets of Alma profiles."""
