"""Comity's gateway as an ASGI factory for uvicorn: everything from `comity.toml`, nothing left out."""

from __future__ import annotations

import os

from comity.cli.output import clock
from comity.cli.settings import load_settings
from comity.store.sqlite.database import Database
from comity.web.app import create_gateway
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.view import Views


def application() -> Gateway:
    """The gateway over the database of the settings in force."""
    settings = load_settings()
    database = Database.open(settings.database)
    desk = Desk(
        database,
        Views(database, settings.stack),
        StoredRecords(
            database,
            os.urandom,
            time_zone=settings.time_zone,
            hold_birthplace=settings.hold_birthplace,
        ),
        clock=clock,
        randomness=os.urandom,
        limits=Limits(
            body_bytes=settings.limits.body_bytes,
            requests_per_minute=settings.limits.requests_per_minute,
            list_candidates_max=settings.limits.list_candidates_max,
            skew_seconds=settings.limits.skew_seconds,
        ),
    )
    return create_gateway(desk, authorities=(settings.bind,))
