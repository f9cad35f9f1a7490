-- An invented trading system.
CREATE TABLE md_partner (id INTEGER PRIMARY KEY, full_name TEXT, credit_code TEXT);
INSERT INTO md_partner VALUES (1, '云栖整机样本有限公司', '91990101ma0000d01q'), (2, '东溪零件样本有限公司 ', NULL);
CREATE TABLE so_order (pk TEXT PRIMARY KEY, bill_no TEXT, bill_date TEXT, seller_id INTEGER, buyer_id INTEGER, amount REAL, fstatus INTEGER, delivered TEXT, dr INTEGER);
INSERT INTO so_order VALUES ('1', 'PO-1', '2026-05-01 08:00:00', 2, 1, 113.1, 1, NULL, 0), ('2', 'PO-2', '2026-05-02 08:00:00', 2, 1, 5, 4, NULL, 0), ('3', 'PO-3', '2026-05-03 08:00:00', 2, 1, 5, 1, NULL, 1);
CREATE TABLE fi_invoice (id INTEGER PRIMARY KEY, inv_no TEXT, inv_time INTEGER, seller_id INTEGER, buyer_id INTEGER, net_cent INTEGER, tax_cent INTEGER, red INTEGER, state TEXT, dr INTEGER);
INSERT INTO fi_invoice VALUES (1, '26990000000000000031', 1777824000000, 2, 1, 10000, 1300, 0, 'OK', 0), (2, '26990000000000000032', 1777910400000, 2, 1, 2000, NULL, 1, 'OK', 0);
