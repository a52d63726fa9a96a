"""Django Channels with its Redis layer: a group for each pair."""

import os
import uuid

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of no use here",
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # The default pool of 100 connections ends connections of a busy server.
            "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "max_connections": 100_000}]},
        }
    },
)
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402 - Django wants its settings first
from channels.routing import ProtocolTypeRouter  # noqa: E402 - Django wants its settings first
from django.core.asgi import get_asgi_application  # noqa: E402 - Django wants its settings first


class Talk(AsyncJsonWebsocketConsumer):
    """One connection of one of the two."""

    room = ""

    async def connect(self):
        self.me = uuid.uuid4().hex
        await self.accept()

    async def receive_json(self, content):
        if content["type"] == "join":
            self.room = content["room"]
            await self.channel_layer.group_add(self.room, self.channel_name)
            await self.send_json({"type": "joined"})
        else:
            told = {"type": "told", "from": self.me, "message": content}
            await self.channel_layer.group_send(self.room, told)

    async def told(self, event):
        if event["from"] != self.me:
            await self.send_json(event["message"])

    async def disconnect(self, code):
        if self.room:
            await self.channel_layer.group_discard(self.room, self.channel_name)


app = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": Talk.as_asgi()})
