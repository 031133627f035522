"""The routes of the HTTP API; every module has `register(api, services)`."""
