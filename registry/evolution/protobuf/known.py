"""Files that come with Protobuf and with stock clients: they may be imported without being given.

Promises the names of their types; what is in them is not compared (the same name is the same type).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROTOBUF: Final = {
    "any": "Any",
    "api": "Api Method Mixin",
    "descriptor": "FileDescriptorSet FileDescriptorProto DescriptorProto FieldDescriptorProto OneofDescriptorProto "
    "EnumDescriptorProto EnumValueDescriptorProto ServiceDescriptorProto MethodDescriptorProto FileOptions "
    "MessageOptions FieldOptions OneofOptions EnumOptions EnumValueOptions ServiceOptions MethodOptions "
    "ExtensionRangeOptions UninterpretedOption FeatureSet FeatureSetDefaults SourceCodeInfo GeneratedCodeInfo Edition",
    "duration": "Duration",
    "empty": "Empty",
    "field_mask": "FieldMask",
    "source_context": "SourceContext",
    "struct": "Struct Value ListValue NullValue",
    "timestamp": "Timestamp",
    "type": "Type Field Enum EnumValue Option Syntax",
    "wrappers": "DoubleValue FloatValue Int64Value UInt64Value Int32Value UInt32Value BoolValue StringValue BytesValue",
}
_TYPE: Final = {
    "calendar_period": "CalendarPeriod",
    "color": "Color",
    "date": "Date",
    "datetime": "DateTime TimeZone",
    "dayofweek": "DayOfWeek",
    "decimal": "Decimal",
    "expr": "Expr",
    "fraction": "Fraction",
    "interval": "Interval",
    "latlng": "LatLng",
    "localized_text": "LocalizedText",
    "money": "Money",
    "month": "Month",
    "phone_number": "PhoneNumber",
    "postal_address": "PostalAddress",
    "quaternion": "Quaternion",
    "timeofday": "TimeOfDay",
}
WELL_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    f"{folder}/{name}.proto": tuple(f"{package}.{type_}" for type_ in types.split())
    for folder, package, files in (
        ("google/protobuf", "google.protobuf", _PROTOBUF),
        ("google/type", "google.type", _TYPE),
        ("confluent", "confluent", {"meta": "Meta"}),
        ("confluent/type", "confluent.type", {"decimal": "Decimal"}),
    )
    for name, types in files.items()
}
"""Full names of types by import path."""
ENUMS: Final = frozenset(
    {
        "google.protobuf.Edition",
        "google.protobuf.NullValue",
        "google.protobuf.Syntax",
        "google.type.CalendarPeriod",
        "google.type.DayOfWeek",
        "google.type.Month",
    }
)
"""Those of the types that are enums."""
