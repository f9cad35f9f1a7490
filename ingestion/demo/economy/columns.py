"""The Chinese headers of the demo's files: what a source has to know to read them."""

from collections.abc import Mapping

CHINESE: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "number": "订单编号",
        "placed_on": "下单日期",
        "seller": "销方",
        "buyer": "购方",
        "amount_yuan": "金额(元)",
        "delivered_on": "交付日期",
        "status": "状态",
    },
    "guarantees": {
        "guarantor": "担保人",
        "debtor": "被担保人",
        "amount_yuan": "担保金额(元)",
        "from": "起始日期",
        "to": "终止日期",
    },
}
