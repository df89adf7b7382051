"""The columns of an inventory file: their headings in both languages, how a cell is understood."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from gateway.errors import OnvifError
from gateway.onvif.address import DeviceAddress
from gateway.packets import Transport
from gateway.record_mode import RecordMode
from gateway.sources import SOURCES
from gateway.store.inventory import ID_LENGTH

MAX_TEXT = 200
ONVIF_SCHEMES = ("onvif", "onvifs")
MAX_URI = 2000


class BadValueError(Exception):
    """Says what is wrong with one value, by a key of `ADVICE`."""


Value = str | float | bool | None
_Parse = Callable[[str], Value]


class Column(NamedTuple):
    """A column. chinese: its heading for Excel. aliases: further headings people use."""

    name: str
    chinese: str
    parse: _Parse
    aliases: tuple[str, ...] = ()


ADVICE: Mapping[str, str] = {
    "id": "Use small letters, digits and dashes, beginning with a letter or digit, 48 at most.",
    "no_id": "Give the camera a name or an id.",
    "long": "Shorten it to 200 characters.",
    "control": "Remove line breaks and invisible characters.",
    "rounded": "Excel has rounded this number: format the column as text and type it again.",
    "number": "Give degrees as a number, such as 30.2741.",
    "latitude": "Give a latitude between -90 and 90.",
    "longitude": "Give a longitude between -180 and 180.",
    "place": "Give latitude and longitude together, or neither.",
    "address": "Give host, host:port, onvif://host:port or the address of a stream.",
    "uri": "Give an address that begins with one of these: " + ", ".join(SOURCES) + ".",
    "record": "Write incidents, continuous or off.",
    "transport": "Write auto, tcp or udp.",
    "yes_no": "Write yes or no.",
    "no_streams": "Give an address or a main stream.",
    "zones": "Correct the zones and rules; the rules how-to shows their form.",
    "water": "Correct where water is watched; the waterlogging how-to shows its form.",
    "quotes": "A quotation mark is not closed: check this row and the one before.",
    "cells": "This row has more cells than there are headings.",
    "heading": "Delete this column or correct its heading.",
    "twice": "Delete the second column of this name.",
    "shape": "Write each camera as `- id: …` with one `key: value` a line below it.",
    "nested": "Write a single value here.",
    "same_id": "Another row of this file has the same id: keep one of them.",
    "same_channel_code": "Another camera has this channel code: correct one of them.",
    "same_main_uri": "Another camera has this main stream: remove the row or give it that id.",
    "same_address": "Another camera has this address: remove the row or give it that id.",
}
"""What to do about each kind of mistake. Constant sentences: the console translates them."""

_ID = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{ID_LENGTH - 1}}}")
_ROUNDED = re.compile(r"\d[.,]\d+[eE]\+\d+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


def _text(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise BadValueError("long")
    if _CONTROL.search(value):
        raise BadValueError("control")
    return value


def _code(value: str) -> str:
    if _ROUNDED.fullmatch(value):
        raise BadValueError("rounded")
    return _text(value)


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise BadValueError("id")
    return value


def _degrees(name: str, limit: float) -> _Parse:
    def parse(value: str) -> float:
        try:
            degrees = float(value)
        except ValueError:
            raise BadValueError("number") from None
        if not -limit <= degrees <= limit:
            raise BadValueError(name)
        return degrees

    return parse


def address_of(value: str) -> str:
    """Return a stream's address as it is, an ONVIF device's as the inventory keeps it.

    Raises BadValueError for anything else.
    """
    scheme, separator, rest = value.partition("://")
    if separator and scheme.lower() not in ONVIF_SCHEMES:
        return _uri(value)
    userinfo, at, place = (rest if separator else value).rpartition("@")
    if "/" in place.rstrip("/") or " " in value:
        raise BadValueError("address")
    try:
        url = DeviceAddress.parse(f"{scheme if separator else 'onvif'}://{place}").url
    except OnvifError:
        raise BadValueError("address") from None
    return _text(url.replace("://", f"://{userinfo}{at}", 1))


def _uri(value: str) -> str:
    scheme = value.partition("://")[0].lower()
    if scheme not in SOURCES or not (_is_url(value) or scheme == "file"):
        raise BadValueError("uri")
    if _CONTROL.search(value) or len(value) > MAX_URI:
        raise BadValueError("control")
    return value


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and parts.port != 0 and " " not in value
    except ValueError:
        return False


def _one_of(advice: str, words: Mapping[str, Value]) -> _Parse:
    def parse(value: str) -> Value:
        try:
            return words[value.strip().lower()]
        except KeyError:
            raise BadValueError(advice) from None

    return parse


_RECORD: Mapping[str, Value] = {
    **dict.fromkeys(("incidents", "事件", "事件录像"), RecordMode.INCIDENTS),
    **dict.fromkeys(("continuous", "连续", "连续录像", "全天"), RecordMode.CONTINUOUS),
    **dict.fromkeys(("off", "false", "关闭", "不录像"), RecordMode.OFF),
}
_TRANSPORT: Mapping[str, Value] = {
    **dict.fromkeys(("auto", "自动"), Transport.AUTO),
    "tcp": Transport.TCP,
    "udp": Transport.UDP,
}
_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "on", "是", "启用", "开"), True),
    **dict.fromkeys(("no", "n", "false", "0", "off", "否", "停用", "关"), False),
}

COLUMNS: tuple[Column, ...] = (
    Column("id", "编号", _id, ("camera id", "摄像机编号")),
    Column("name", "名称", _text, ("摄像机名称", "点位名称")),
    Column("channel_code", "通道编码", _code, ("channel code", "国标编码", "设备编码")),
    Column("unit", "单位", _text, ("村镇", "所属单位", "village", "town")),
    Column("grid", "网格", _text, ("所属网格",)),
    Column("latitude", "纬度", _degrees("latitude", 90), ("lat",)),
    Column("longitude", "经度", _degrees("longitude", 180), ("lon", "lng")),
    Column("address", "地址", address_of, ("ip", "ip地址", "ip address", "设备地址")),
    Column("username", "用户名", _text, ("user", "账号")),
    Column("password", "密码", _text, ()),
    Column("main_uri", "主码流", _uri, ("main uri", "main stream", "主码流地址")),
    Column("sub_uri", "子码流", _uri, ("sub uri", "sub stream", "子码流地址", "辅码流")),
    Column("record", "录像", _one_of("record", _RECORD), ("recording", "录像方式")),
    Column("transport", "传输方式", _one_of("transport", _TRANSPORT), ()),
    Column("enabled", "启用", _one_of("yes_no", _YES_NO), ("在用",)),
)
"""The columns, in the order they are written."""

_BY_HEADING = {
    heading: column
    for column in COLUMNS
    for heading in (column.name, column.chinese, *column.aliases)
}
CLEARABLE = frozenset(
    ("name", "channel_code", "unit", "grid", "address", "username", "password", "main_uri")
) | {"sub_uri"}
"""Columns where a dash empties what was known."""


def column_of(heading: str) -> Column | None:
    """Return the column of a heading: English, Chinese, or both as we write them ("名称 name")."""
    plain = " ".join(heading.strip().lstrip("\ufeff").lower().split())
    for form in (plain, plain.replace("-", "_"), plain.replace(" ", "_"), plain.partition(" ")[0]):
        if form in _BY_HEADING:
            return _BY_HEADING[form]
    return None
