"""Create, rotate, retire and delete the secrets of Alma profiles."""
