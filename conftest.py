"""The plugins that the tests use besides our own."""

pytest_plugins = ["pytester"]
