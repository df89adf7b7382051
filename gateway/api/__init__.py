"""The HTTP API and console of `serve`: one route file for each noun; `app` composes them."""
