"""The app of a worker process with fakes behind it: `uvicorn worker_app:create --factory`."""

from __future__ import annotations

from fastapi import FastAPI
from service_fakes import Service

from service.settings import read_settings


def create() -> FastAPI:
    return Service(read_settings().data).app
