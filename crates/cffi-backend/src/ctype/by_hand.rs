//! `complete_struct_or_union` of the low-level interface: a layout from a list of fields, computed, checked or taken as given.

use std::ffi::c_int;

use cffi_model::Target;
use cffi_model::layout::{
    BitsInput, FieldInput, Named, Packed, RecordLayout, RecordRules, layout_record,
};
use cffi_model::types::RecordAbi;
use cffi_python::arguments::{self, Arguments, Convention, Signature, Style, wrong_type};
use cffi_python::bits::ToSigned;
use cffi_python::error::raise_class;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};
use cffi_syntax::ast::RecordKind;

use super::field::Place;
use super::object::{CType, CTypeRef, Kind};
use super::record::{NewField, NewLayout, publish};
use crate::types;

/// What the caller says beside the fields. -1 where it says nothing.
pub struct Request {
    /// `sizeof`, in bytes.
    pub size: isize,
    /// In bytes.
    pub align: c_int,
    /// `SF_*` bits.
    pub flags: c_int,
    /// The largest alignment of a field in bytes, or 0.
    pub pack: c_int,
}

const MSVC_BITFIELDS: c_int = 0x01;
const ARM_BITFIELDS: c_int = 0x02;
const BIG_ENDIAN: c_int = 0x04;
const PACKED: c_int = 0x08;
const X86_BITFIELDS: c_int = 0x10;
const STD_FIELD_POS: c_int = 0x80;

struct Given {
    name: Owned,
    ctype: CTypeRef,
    width: Option<u32>,
    offset: Option<usize>,
}

/// Completes a record.
pub fn complete(record: &CType, fields: Borrowed<'_>, request: &Request) -> PyResult<()> {
    // A record that was declared whole is complete, even where nobody has asked for its layout yet.
    if !record.kind.is_record() || record.layout()?.is_some() {
        return Err(not_open());
    }
    let count = fields.length()?;
    let given = (0..count)
        .map(|index| field(record, fields, index, count))
        .collect::<PyResult<Vec<_>>>()?;
    let pack = match (request.flags & PACKED, request.pack) {
        (0, ..=0) => None,
        (0, pack) => Some(u32::try_from(pack).unwrap_or(1)),
        _ => Some(1),
    };
    let computed = compute(record, &given, request, pack)?;
    if let (Some(pack), Kind::Struct) = (pack, record.kind) {
        if request.flags & MSVC_BITFIELDS == 0 {
            refuse_shared_bits(record, &given, &computed, pack)?;
        }
    }
    let placed = place(record, given, &computed, request)?;
    let align = total_align(record, &computed, request)?;
    let (size, custom_size) = total_size(record, &computed, &placed, request)?;
    let layout = NewLayout {
        size,
        align,
        fields: placed.fields,
        irregular: placed.irregular || custom_size,
    };
    if publish(record, layout)? {
        Ok(())
    } else {
        Err(not_open())
    }
}

#[cold]
fn not_open() -> Raised {
    raise!(
        TypeError,
        "first arg must be a non-initialized struct or union ctype"
    )
}

/// Fields where they belong, and what that says about the record.
struct Placed {
    fields: Vec<NewField>,
    /// The first byte behind all fields.
    end: usize,
    irregular: bool,
}

fn place(
    record: &CType,
    given: Vec<Given>,
    computed: &RecordLayout,
    request: &Request,
) -> PyResult<Placed> {
    let mut placed = Placed {
        fields: Vec::with_capacity(given.len()),
        end: 0,
        irregular: false,
    };
    for (field, natural) in given.into_iter().zip(&computed.fields) {
        let offset = usize::try_from(natural.offset).unwrap_or(usize::MAX);
        let offset = match field.offset {
            Some(forced) if forced != offset => {
                if request.flags & STD_FIELD_POS != 0 {
                    let what =
                        format!("wrong offset for field '{}'", field.name.borrow().display());
                    return Err(mismatch(record, &what, offset, forced));
                }
                placed.irregular = true;
                forced
            }
            _ => offset,
        };
        let unnamed = field.name.borrow().str_len() == 0;
        // Nested anonymous records are laid out as C does, but the convention may look into them.
        placed.irregular |= unnamed && field.ctype.kind.is_record();
        let size = field.size()?;
        let bytes = match (field.width, natural.bits) {
            (Some(0), _) => 0,
            // Of other compilers' bit-fields the bits count, of Microsoft's the storage unit.
            (Some(_), Some(bits)) if request.flags & MSVC_BITFIELDS == 0 => {
                (bits.shift + bits.width).div_ceil(8) as usize
            }
            _ => size,
        };
        placed.end = placed.end.max(offset.saturating_add(bytes));
        if field.width.is_some() && unnamed {
            continue;
        }
        let place = natural.bits.map_or(Place::Whole, |bits| {
            // On big-endian targets bit-fields are counted from the most significant bit of their unit.
            let unit = 8 * u32::try_from(size).unwrap_or(0);
            let from_the_top = unit.checked_sub(bits.width + bits.shift);
            let shift = match from_the_top {
                Some(shift) if request.flags & BIG_ENDIAN != 0 => shift,
                _ => bits.shift,
            };
            Place::Bits {
                shift: u16::try_from(shift).unwrap_or(u16::MAX),
                width: u16::try_from(bits.width).unwrap_or(u16::MAX),
            }
        });
        placed.fields.push(NewField {
            name: intern(field.name)?,
            ctype: field.ctype,
            offset,
            place,
        });
    }
    Ok(placed)
}

/// In a packed struct, GCC lets a bit-field begin in the middle of a byte and end outside of its storage unit. Whoever lays structs out
/// by hand is not trusted to have meant that.
fn refuse_shared_bits(
    record: &CType,
    given: &[Given],
    computed: &RecordLayout,
    pack: u32,
) -> PyResult<()> {
    // The first bit behind the field before.
    let mut end = 0u64;
    for (field, place) in given.iter().zip(&computed.fields) {
        let unit = (field.size()? as u64).saturating_mul(8);
        if let Some(width @ 1..) = field.width {
            let natural = u32::try_from(field.ctype.align()?).unwrap_or(1);
            let align = 8 * u64::from(natural.min(pack).max(1));
            let taken = end % align;
            if taken % 8 != 0 && taken + u64::from(width) > unit {
                return Err(raise!(
                    NotImplementedError,
                    "with 'packed', gcc would compile field '{}.{}' to reuse some bits in the previous field",
                    record.name(),
                    field.name.borrow().display()
                ));
            }
        }
        let start = place.offset.saturating_mul(8);
        end = start.saturating_add(
            place
                .bits
                .map_or(unit, |bits| (bits.shift + bits.width).into()),
        );
    }
    Ok(())
}

/// The size of the record, and whether it is another than C would give it.
fn total_size(
    record: &CType,
    computed: &RecordLayout,
    placed: &Placed,
    request: &Request,
) -> PyResult<(usize, bool)> {
    let natural = usize::try_from(computed.size).unwrap_or(usize::MAX);
    let Ok(size) = usize::try_from(request.size) else {
        if !placed.irregular {
            return Ok((natural, false));
        }
        let size = natural
            .max(placed.end)
            .checked_next_multiple_of(computed.align.max(1) as usize)
            .filter(|size| isize::try_from(*size).is_ok());
        return match size {
            Some(size) => Ok((size, false)),
            None => Err(raise!(
                OverflowError,
                "{}: larger than any object can be",
                record.name()
            )),
        };
    };
    if request.flags & STD_FIELD_POS != 0 && size != natural {
        return Err(mismatch(record, "wrong total size", natural, size));
    }
    if size < placed.end {
        return Err(raise!(
            TypeError,
            "{} cannot be of size {size}: there are fields at least up to {}",
            record.name(),
            placed.end
        ));
    }
    Ok((size, size != natural))
}

fn total_align(record: &CType, computed: &RecordLayout, request: &Request) -> PyResult<u32> {
    let Ok(align) = u32::try_from(request.align) else {
        return Ok(computed.align);
    };
    if request.flags & STD_FIELD_POS != 0 && align != computed.align {
        return Err(mismatch(
            record,
            "wrong total alignment",
            computed.align as usize,
            align as usize,
        ));
    }
    if !align.is_power_of_two() {
        return Err(raise!(
            SystemError,
            "found for ctype '{}' bogus alignment '{align}'",
            record.name()
        ));
    }
    Ok(align)
}

fn intern(name: Owned) -> PyResult<Owned> {
    crate::ffi::realize::interned(name.borrow().utf8()?)
}

#[cold]
fn mismatch(record: &CType, what: &str, declared: usize, actual: usize) -> Raised {
    let class = match types::FFI.object().attribute(c"error") {
        Ok(class) => class,
        Err(raised) => return raised,
    };
    let message = format_args!(
        "{}: {what} (cdef says {declared}, but C compiler says {actual}). fix it or use \"...;\" as the last field in the cdef for {} to make it flexible",
        record.name(),
        record.name()
    );
    raise_class(class.borrow(), message)
}

/// What a field's tuple is known as.
static ITEM: Convention = Convention {
    owner: "list",
    style: Style::Tuple,
};

fn field(record: &CType, fields: Borrowed<'_>, index: usize, count: usize) -> PyResult<Given> {
    const SIGNATURE: Signature<4> = Signature {
        function: "list item",
        parameters: ["name", "ctype", "bitsize", "offset"],
        required: 2,
    };
    let item = item_of(fields, index)?;
    let tuple = item.borrow();
    if !tuple.is_tuple() {
        return Err(raise!(
            TypeError,
            "fields must be tuples (name, ctype[, bitsize[, offset]])"
        ));
    }
    let items: Vec<Borrowed<'_>> = (0..tuple.tuple_len())
        .filter_map(|position| tuple.tuple_item(position))
        .collect();
    let [name, ctype, width, offset] = Arguments::by_position(&items, &ITEM).bind(&SIGNATURE)?;
    let (name, ctype) = (SIGNATURE.require(0, name)?, SIGNATURE.require(1, ctype)?);
    if !name.is_str() {
        return Err(wrong_type(SIGNATURE.function, 1, "str", name));
    }
    let Some(ctype) = CType::from_object(ctype) else {
        return Err(wrong_type(
            SIGNATURE.function,
            2,
            "_cffi_backend.CType",
            ctype,
        ));
    };
    let width = u32::try_from(width.map_or(Ok(-1), arguments::int)?).ok();
    let offset = usize::try_from(offset.map_or(Ok(-1), arguments::size)?).ok();
    // An array of unknown length has its place at the end, or where it is told to be.
    let open = ctype.kind == Kind::Array && ctype.length < 0 && ctype.item().is_some();
    let open_allowed = open && width.is_none() && (index + 1 == count || offset.is_some());
    if ctype.size()?.is_none() && !open_allowed {
        return Err(raise!(
            TypeError,
            "field '{}.{}' has ctype '{}' of unknown size",
            record.name(),
            name.display(),
            ctype.name()
        ));
    }
    if let Some(width) = width {
        check_bits(record, name, ctype, width, offset)?;
    }
    Ok(Given {
        name: name.to_owned(),
        ctype: ctype.to_ref(),
        width,
        offset,
    })
}

fn check_bits(
    record: &CType,
    name: Borrowed<'_>,
    ctype: &CType,
    width: u32,
    offset: Option<usize>,
) -> PyResult<()> {
    let (owner, shown) = (record.name(), name.display());
    if offset.is_some() {
        return Err(raise!(
            TypeError,
            "field '{owner}.{shown}' is a bitfield, but a fixed offset is specified"
        ));
    }
    if !ctype.kind.is_integral() {
        return Err(raise!(
            TypeError,
            "field '{owner}.{shown}' declared as '{}' cannot be a bit field",
            ctype.name()
        ));
    }
    if width as usize > 8 * ctype.raw_size().unsigned_abs() {
        return Err(raise!(
            TypeError,
            "bit field '{owner}.{shown}' is declared '{}:{width}', which exceeds the width of the type",
            ctype.name()
        ));
    }
    if width == 0 && !shown.is_empty() {
        return Err(raise!(
            TypeError,
            "field '{owner}.{shown}' is declared with :0"
        ));
    }
    Ok(())
}

impl Given {
    /// The size of the field's type in bytes; 0 of an array of unknown length.
    fn size(&self) -> PyResult<usize> {
        Ok(self.ctype.size()?.unwrap_or(0))
    }
}

fn item_of(list: Borrowed<'_>, index: usize) -> PyResult<Owned> {
    // SAFETY: a list and an index, which the call checks.
    let item = unsafe { cffi_python::ffi::PyList_GetItem(list.as_ptr(), index.to_signed()) };
    // SAFETY: NULL with an exception, or borrowed from the list.
    match unsafe { Borrowed::from_ptr_or_none(item) } {
        Some(item) => Ok(item.to_owned()),
        None => Err(Raised),
    }
}

fn compute(
    record: &CType,
    given: &[Given],
    request: &Request,
    pack: Option<u32>,
) -> PyResult<RecordLayout> {
    let mut inputs = Vec::with_capacity(given.len());
    for field in given {
        let size = field.size()?;
        let anonymous = field.name.borrow().str_len() == 0;
        inputs.push(FieldInput {
            size: size as u64,
            align: u32::try_from(field.ctype.align()?).unwrap_or(1),
            bits: field.width.map(|width| BitsInput {
                width,
                named: if anonymous { Named::No } else { Named::Yes },
            }),
            explicit_align: None,
            packed: Packed::No,
            required_align: 0,
        });
    }
    let rules = RecordRules {
        kind: if record.kind == Kind::Struct {
            RecordKind::Struct
        } else {
            RecordKind::Union
        },
        packed: Packed::No,
        pack,
        align: None,
        abi: (request.flags & MSVC_BITFIELDS != 0).then_some(RecordAbi::Ms),
    };
    let target = if request.flags & ARM_BITFIELDS != 0 {
        Target::AARCH64_LINUX
    } else if request.flags & (X86_BITFIELDS | MSVC_BITFIELDS) != 0 {
        Target::X86_64_LINUX
    } else {
        Target::host()
    };
    let layout = layout_record(&target, &rules, &inputs);
    layout.map_err(|error| raise!(OverflowError, "{}: {error}", record.name()))
}
