"""The app of faces: frames in, a verdict out."""

from __future__ import annotations

from django.apps import AppConfig


class FacesConfig(AppConfig):
    """Faces: no pages, no tasks; every public service takes a permit."""

    name = "faces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what goes when a consent or a use ends, and what is held."""
        from consent import erasure, holdings, methods, tallies, uses
        from faces import local_camera, selectors
        from faces.erasure import (
            template_destroy,
            template_holdings,
        )
        from faces.matching import METHOD, SEARCH_METHOD

        methods.register(METHOD, searching=SEARCH_METHOD)
        uses.register(local_camera.release)
        erasure.register("faces.FaceTemplate", template_destroy)
        holdings.register("faces.FaceTemplate", template_holdings)
        tallies.register(tallies.TEMPLATES, selectors.templates_count)
