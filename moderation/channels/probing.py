"""Asks whether the server behind an alert channel answers, without sending anything to anybody."""

from __future__ import annotations

import asyncio
import smtplib
import ssl

from moderation.channels.channel import Reason
from moderation.channels.email import MailServer
from moderation.channels.http import BadAddress, parts_of

_SECONDS = 4.0


async def mail(server: MailServer, tls: ssl.SSLContext | None = None) -> Reason | None:
    """Greets, secures the connection and signs in as a page would; None when all of that went well."""
    return await asyncio.to_thread(_greeted, server, tls or ssl.create_default_context())


async def web(url: str, tls: ssl.SSLContext | None = None) -> Reason | None:
    """Connects, and lets an https server prove who it is; asks for nothing. None when that went well."""
    try:
        host, port, secure, _ = parts_of(url)
        context = (tls or ssl.create_default_context()) if secure else None
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except BadAddress:
        return Reason.BAD_TARGET
    except ssl.SSLError:
        return Reason.UNTRUSTED
    except TimeoutError:
        return Reason.TIMED_OUT
    except OSError:
        return Reason.UNREACHABLE
    writer.transport.abort()
    return None


def _greeted(server: MailServer, tls: ssl.SSLContext) -> Reason | None:
    try:
        if server.security == "ssl":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=_SECONDS, context=tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        with connection:
            connection.ehlo()
            if server.security == "starttls":
                connection.starttls(context=tls)
            if server.user and server.password:
                connection.login(server.user, server.password)
    except ssl.SSLError:
        return Reason.UNTRUSTED
    except TimeoutError:
        return Reason.TIMED_OUT
    except smtplib.SMTPServerDisconnected:
        return Reason.FAULT
    except smtplib.SMTPException:
        return Reason.REJECTED
    except OSError:
        return Reason.UNREACHABLE
    return None
