"""The home page: what the service is and is not, sample patients to try, and how to connect to it."""

from __future__ import annotations

from flask import Blueprint, render_template


def home_routes(public_url: str) -> Blueprint:
    """Return ``/``."""
    routes = Blueprint("home", __name__)

    @routes.get("/")
    def home() -> str:
        return render_template("pages/home.html", public_url=public_url)

    return routes
