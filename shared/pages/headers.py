"""What every page tells the browser it must not do."""

from collections.abc import Mapping

_CONTENT_SECURITY_POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


def page_headers() -> dict[str, str]:
    """Return the headers of a page: our own scripts, styles and pictures, and nothing else."""
    return {
        "Content-Security-Policy": "; ".join(
            f"{name} {value}" for name, value in _CONTENT_SECURITY_POLICY.items()
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
        "X-Frame-Options": "DENY",
    }
