"""The benchmark: this bot beside a bare script of the same main job (`make bench`). Never part of the test suite."""
