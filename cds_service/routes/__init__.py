"""The routes, one module a family: thin, they read the request, ask, and answer."""
