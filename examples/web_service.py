"""A web service that cleans one page a request: `uvicorn --app-dir examples web_service:app`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, model_validator

import cleancopy

app = FastAPI(title="cleancopy")
cleaner = cleancopy.Cleaner()
"""Loads rules and model as the service starts, not at its first request; safe in threads."""


class Page(BaseModel):
    """A text or a page, and its address where it is known."""

    text: str | None = None
    html: str | None = None
    url: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Page:
        if (self.text is None) == (self.html is None):
            raise ValueError("give either text or html")
        return self


@app.post("/clean")
def clean(page: Page) -> dict[str, Any]:
    """The article; 422 with a stable reason for what is none. Not `async`: FastAPI then cleans in a thread."""
    try:
        return cleaner.clean(page.text, html=page.html, url=page.url).to_dict()
    except cleancopy.RecordError as error:
        raise HTTPException(422, {"reason": error.reason, "detail": error.detail}) from None
