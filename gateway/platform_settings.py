"""How a grid platform tells us how far it is with cases."""

from pydantic import SecretStr, field_validator

from gateway.section import Section
from gateway.webhook_signature import key_of


class PlatformSettings(Section):
    """What a grid platform tells of cases: how far it is with them."""

    status_stream: str = "grid:dispatch:status"
    """Redis stream, beside queue.stream, that the platform's statuses are read from."""
    webhook_secret: SecretStr | None = None
    """whsec_ and 24 to 64 random bytes in base64, shared with a platform that sends statuses as
    signed requests to /api/platform/statuses; without it those are refused."""

    @field_validator("webhook_secret")
    @classmethod
    def _secret_is_one(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            key_of(secret.get_secret_value())
        return secret

    @property
    def webhook_key(self) -> bytes | None:
        """The key of the secret, None without one."""
        secret = self.webhook_secret
        return None if secret is None else key_of(secret.get_secret_value())
