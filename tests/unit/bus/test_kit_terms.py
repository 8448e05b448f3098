"""Which term a field is: names in both languages, with and without accents, in camel, snake and abbreviations."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.kit.new.described import SourceField
from bus.kit.new.dictionary import read_dictionary
from bus.kit.new.names import field_name, fold, registry_name, words
from bus.kit.new.terms import Suggester, codes_of
from bus.kit.new.thesaurus import opened

DICTIONARY = read_dictionary(Path("config/sample/registry"))
SUGGESTER = Suggester(DICTIONARY)
SURE = {
    "person.citizen-number": (
        *("soDinhDanh", "so_dinh_danh", "SO_DINH_DANH", "SoDinhDanhCaNhan", "sodinhdanh", "CCCD", "soCCCD", "so_cccd"),
        *("Số định danh", "citizenNumber", "personal_id", "nationalId", "citizen-number"),
    ),
    "person.full-name": (
        "hoTen",
        "ho_ten",
        "HO_TEN",
        "hoten",
        "HoVaTen",
        "Họ và tên",
        "fullName",
        "full_name",
        "hoVaTenDem",
    ),
    "person.birth": (
        "ngaySinh",
        "ngay_sinh",
        "NgayThangNamSinh",
        "namSinh",
        "Ngày sinh",
        "dob",
        "dateOfBirth",
        "birthdate",
    ),
    "person.sex": ("gioiTinh", "GIOI_TINH", "Giới tính", "sex", "gender"),
    "person.permanent-address": ("noiThuongTru", "dia_chi_thuong_tru", "Nơi thường trú", "permanentAddress"),
    "person.father-name": ("hoTenCha", "chaHoTen", "Cha.HoVaTen", "cha.hoTen", "fatherName", "father_full_name"),
    "person.mother-name": ("hoTenMe", "Me.HoVaTen", "motherName"),
    "person.spouse-name": ("voChongHoTen", "spouseName"),
    "person.spouse-number": ("soDinhDanhVoChong", "spouse.citizenNumber"),
    "person.marital-status": ("tinhTrangHonNhan", "maritalStatus"),
    "person.commune-code": ("maPhuongXa", "ma_xa", "communeCode"),
    "insurance.number": ("so_bhxh", "maSoBhxh", "ma_so_bao_hiem_xa_hoi", "socialInsuranceNumber"),
    "insurance.card-number": ("so_the_bhyt", "soTheBHYT", "healthInsuranceCardNumber"),
    "marriage.number": ("soDangKyKetHon",),
    "marriage.registered-on": ("ngayDangKyKetHon",),
    "household.relation": ("quanHeChuHo", "quan_he_voi_chu_ho"),
    "land.plot": ("soThua",),
    "contact.phone": ("sdt", "soDienThoai", "phone"),
}
NEVER_SURE = (
    *("ten", "name", "ma", "code", "id", "ngay", "date", "trangThai", "status", "diaChi", "address", "so", "loai"),
    *("ghiChu", "x", "field1", "HoVaTen.Ten", "Me.SoDinhDanh", "hoTenNguoiGiamHo", "ngayKham", "soTien", "noiCap"),
)


def named(path: str, **more: object) -> SourceField:
    steps = (path,) if " " in path else tuple(path.split("."))
    return SourceField(place=path, names=steps, type="text", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("term", "name"), [(term, name) for term, names in SURE.items() for name in names])
def test_what_people_call_it_is_found(term: str, name: str):
    first = SUGGESTER.suggest(named(name))[0]
    assert (first.term, first.sureness) == (term, "sure")
    assert first.why.vi
    assert first.why.en


@pytest.mark.parametrize("name", NEVER_SURE)
def test_what_says_too_little_or_is_somebody_elses_is_never_sure(name: str):
    assert [one for one in SUGGESTER.suggest(named(name)) if one.sureness == "sure"] == []


def test_a_description_counts_where_the_name_says_nothing():
    first = SUGGESTER.suggest(named("f7", label="Số định danh cá nhân"))[0]
    assert (first.term, first.sureness) == ("person.citizen-number", "sure")


def test_a_type_that_does_not_fit_is_never_sure():
    for kind in ("boolean", "number", "integer", "moment", "other"):
        field = SourceField("ho_ten", ("ho_ten",), kind)
        assert [one.sureness for one in SUGGESTER.suggest(field) if one.sureness == "sure"] == []


def test_values_that_are_the_lists_codes_speak_for_it():
    sex = DICTIONARY.terms["person.sex"]
    assert codes_of(named("gt", values=("Nam", "Nữ")), sex) == {"Nam": "male", "Nữ": "female"}
    assert codes_of(named("gt", values=("NAM", "NU")), sex) == {"NAM": "male", "NU": "female"}
    assert codes_of(named("gt", values=("Male", "FEMALE")), sex) == {"Male": "male", "FEMALE": "female"}
    assert codes_of(named("gt", values=("1", "2")), sex) == {}
    assert codes_of(named("gt", values=("Nam", "Khác")), sex) == {}


def test_two_terms_that_are_as_like_are_both_only_likely():
    found = SUGGESTER.suggest(named("dangThamGiaHoatDong"))
    assert len(found) > 1
    assert {one.sureness for one in found} <= {"likely", "unsure"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("soDinhDanh", ("so", "dinh", "danh")),
        ("SO_BHXH", ("so", "bhxh")),
        ("BHYTCard2", ("bhyt", "card", "2")),
        ("Đường phố", ("duong", "pho")),
        ("HTTPServer", ("http", "server")),
        ("", ()),
    ],
)
def test_words_of_a_name(text: str, parts: tuple[str, ...]):
    assert words(text) == parts


def test_words_written_together_are_opened_only_into_known_ones():
    assert opened("sodinhdanh") == ("so", "dinh", "danh")
    assert opened("hoten") == ("ho", "ten") or opened("hoten") == ("hoten",)
    assert opened("xyzzyq") == ("xyzzyq",)
    assert fold("Nguyễn Đình Thọ") == "Nguyen Dinh Tho"


@given(st.text(max_size=60))
def test_any_name_becomes_one_that_the_registry_takes(text: str):
    assert len(registry_name(text)) <= 40
    assert registry_name(text)[0].isalpha()
    assert field_name(text).isidentifier()


@given(st.text(max_size=40), st.text(max_size=80))
def test_any_field_gets_ordered_suggestions(name: str, label: str):
    found = SUGGESTER.suggest(SourceField("a", (name or "a",), "text", label=label))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= one.score <= 1 for one in found)
