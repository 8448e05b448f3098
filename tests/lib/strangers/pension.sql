-- An old pension system: two tables that nobody has described.
CREATE TABLE dm_loai (ma TEXT PRIMARY KEY, ten TEXT NOT NULL);
CREATE TABLE nguoi_huong (
    id INTEGER PRIMARY KEY,
    so_dinh_danh VARCHAR(12) NOT NULL UNIQUE,
    ho_ten VARCHAR(100) NOT NULL,
    ngay_sinh VARCHAR(10),
    gioi_tinh VARCHAR(3),
    so_bhxh VARCHAR(10),
    loai VARCHAR(2) REFERENCES dm_loai (ma),
    muc_huong INTEGER,
    huong_tu VARCHAR(10)
);
INSERT INTO dm_loai VALUES ('HT', 'Hưu trí'), ('TS', 'Tử tuất');
INSERT INTO nguoi_huong VALUES
    (1, '990158000061', 'Lê Thị Hoa', '02/09/1958', 'Nữ', '9001000061', 'HT', 5400000, '01/10/2013'),
    (2, '990055000062', 'Trần Văn Ba', '15/03/1955', 'Nam', '9001000062', 'HT', 6100000, '01/04/2015'),
    (3, '990152000063', 'Phạm Thị Tư', '30/11/1952', 'Nữ', '9001000063', 'TS', 3200000, '01/02/2020'),
    (4, '990049000064', 'Ngô Văn Năm', '07/05/1949', 'Nam', '9001000064', 'HT', 4800000, '01/06/2009');
