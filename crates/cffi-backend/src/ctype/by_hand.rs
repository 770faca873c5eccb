//! `complete_struct_or_union` of the low-level interface: a layout from a list of fields, computed, checked or taken as given.

use cffi_model::Target;
use cffi_model::layout::{
    BitsInput, FieldInput, Named, Packed, RecordLayout, RecordRules, layout_record,
};
use cffi_model::types::RecordAbi;
use cffi_python::bits::ToSigned;
use cffi_python::{Borrowed, Owned, PyResult, raise};
use cffi_syntax::ast::RecordKind;

use super::field::Place;
use super::object::{CType, CTypeRef, Kind};
use super::record::{NewField, NewLayout, publish};

/// What the caller says beside the fields. -1 where it says nothing.
pub struct Request {
    /// `sizeof`, in bytes.
    pub size: isize,
    /// In bytes.
    pub align: isize,
    /// `SF_*` bits.
    pub flags: isize,
    /// The largest alignment of a field in bytes, or 0.
    pub pack: isize,
}

const MSVC_BITFIELDS: isize = 0x01;
const ARM_BITFIELDS: isize = 0x02;
const BIG_ENDIAN: isize = 0x04;
const PACKED: isize = 0x08;
const X86_BITFIELDS: isize = 0x10;
const STD_FIELD_POS: isize = 0x80;

struct Given {
    name: Owned,
    ctype: CTypeRef,
    width: Option<u32>,
    offset: Option<usize>,
}

/// Completes a record.
pub fn complete(record: &CType, fields: Borrowed<'_>, request: &Request) -> PyResult<()> {
    let detail = record
        .as_record()
        .filter(|detail| detail.layout().is_none());
    if detail.is_none() {
        return Err(raise!(
            TypeError,
            "first arg must be a non-initialized struct or union ctype"
        ));
    }
    if !fields.is_list() {
        return Err(raise!(
            TypeError,
            "complete_struct_or_union() argument 2 must be list, not {}",
            fields.type_name()
        ));
    }
    let given = (0..fields.length()?)
        .map(|index| field(record, fields, index))
        .collect::<PyResult<Vec<_>>>()?;
    let pack = match (request.flags & PACKED, request.pack) {
        (0, 0) => None,
        (0, pack) => Some(u32::try_from(pack).unwrap_or(1)),
        _ => Some(1),
    };
    if pack.is_some()
        && given
            .iter()
            .any(|field| field.width.is_some_and(|width| width > 0))
    {
        return Err(raise!(
            NotImplementedError,
            "bit fields in a packed struct: '{}'",
            record.name()
        ));
    }
    let computed = compute(record, &given, request, pack)?;
    let mut irregular = false;
    let mut end = 0usize;
    let mut placed = Vec::with_capacity(given.len());
    let last = given.len().saturating_sub(1);
    for (index, (field, place)) in given.into_iter().zip(&computed.fields).enumerate() {
        let shown = field.name.borrow().display();
        let natural = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let offset = match field.offset {
            Some(offset) if offset != natural && field.width.is_none() => {
                if request.flags & STD_FIELD_POS != 0 {
                    return Err(mismatch(
                        record,
                        &format!("wrong offset for field '{shown}'"),
                        natural,
                        offset,
                    ));
                }
                irregular = true;
                offset
            }
            _ => natural,
        };
        let open = field.ctype.kind == Kind::Array && field.ctype.length < 0;
        if open && index != last && record.kind == Kind::Struct && field.offset.is_none() {
            return Err(raise!(
                TypeError,
                "field '{}.{shown}' is declared with an open-ended array '{}' but is not the last field",
                record.name(),
                field.ctype.name()
            ));
        }
        // Nested anonymous records are laid out as C does, but the convention may look into them.
        irregular |= shown.is_empty() && field.ctype.kind.is_record();
        let size = if open {
            0
        } else {
            field.ctype.size()?.unwrap_or(0)
        };
        end = end.max(offset.saturating_add(size));
        if field.width == Some(0) || field.width.is_some() && shown.is_empty() {
            continue;
        }
        let place = place.bits.map_or(Place::Whole, |bits| {
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
        placed.push(NewField {
            name: intern(field.name)?,
            ctype: field.ctype,
            offset,
            place,
        });
    }
    let natural_size = usize::try_from(computed.size).unwrap_or(usize::MAX);
    let size = match usize::try_from(request.size) {
        Err(_) if irregular => natural_size
            .max(end)
            .next_multiple_of(computed.align.max(1) as usize),
        Err(_) => natural_size,
        Ok(size) => {
            if request.flags & STD_FIELD_POS != 0 && size != natural_size {
                return Err(mismatch(record, "wrong total size", natural_size, size));
            }
            if size < end {
                return Err(raise!(
                    TypeError,
                    "{} cannot be of size {size}: there are fields at least up to {end}",
                    record.name()
                ));
            }
            size
        }
    };
    let align = match u32::try_from(request.align) {
        Err(_) => computed.align,
        Ok(align) => {
            if request.flags & STD_FIELD_POS != 0 && align != computed.align {
                return Err(mismatch(
                    record,
                    "wrong total alignment",
                    computed.align as usize,
                    align as usize,
                ));
            }
            align
        }
    };
    irregular |= usize::try_from(request.size).is_ok_and(|size| size != natural_size);
    let layout = NewLayout {
        size,
        align,
        fields: placed,
        irregular,
    };
    if publish(record, layout)? {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "first arg must be a non-initialized struct or union ctype"
        ))
    }
}

fn intern(name: Owned) -> PyResult<Owned> {
    crate::ffi::realize::interned(name.borrow().utf8()?)
}

#[cold]
fn mismatch(record: &CType, what: &str, declared: usize, actual: usize) -> cffi_python::Raised {
    raise!(
        TypeError,
        "{}: {what} (cdef says {declared}, but C compiler says {actual}). fix it or use \"...;\" as the last field in the cdef for {} to make it flexible",
        record.name(),
        record.name()
    )
}

fn field(record: &CType, fields: Borrowed<'_>, index: usize) -> PyResult<Given> {
    let item = int_index(fields, index)?;
    let tuple = item.borrow();
    let (Some(name), Some(ctype)) = (
        tuple.tuple_item(0),
        tuple.tuple_item(1).and_then(CType::from_object),
    ) else {
        return Err(raise!(
            TypeError,
            "fields must be tuples (name, ctype[, bitsize[, offset]])"
        ));
    };
    let optional = |position: usize| {
        tuple
            .tuple_item(position)
            .map_or(Ok(-1), Borrowed::as_isize)
    };
    let (width, offset) = (optional(2)?, optional(3)?);
    let shown = name.utf8()?;
    let open_array = ctype.kind == Kind::Array && ctype.length < 0;
    if ctype.size()?.is_none() && !open_array {
        return Err(raise!(
            TypeError,
            "field '{}.{shown}' has ctype '{}' of unknown size",
            record.name(),
            ctype.name()
        ));
    }
    let width = u32::try_from(width).ok();
    if let Some(width) = width {
        let bits = if ctype.kind == Kind::Bool {
            1
        } else {
            8 * ctype.raw_size().unsigned_abs()
        };
        if !ctype.kind.is_integral() {
            return Err(raise!(
                TypeError,
                "field '{}.{shown}' declared as '{}' cannot be a bit field",
                record.name(),
                ctype.name()
            ));
        }
        if width as usize > bits {
            return Err(raise!(
                TypeError,
                "bit field '{}.{shown}' is declared '{}:{width}', which exceeds the width of the type",
                record.name(),
                ctype.name()
            ));
        }
        if width == 0 && !shown.is_empty() {
            return Err(raise!(
                TypeError,
                "field '{}.{shown}' is declared with :0",
                record.name()
            ));
        }
    }
    Ok(Given {
        name: name.to_owned(),
        ctype: ctype.to_ref(),
        width,
        offset: usize::try_from(offset).ok(),
    })
}

fn int_index(list: Borrowed<'_>, index: usize) -> PyResult<Owned> {
    // SAFETY: a list and an index, which the call checks.
    let item = unsafe { cffi_python::ffi::PyList_GetItem(list.as_ptr(), index.to_signed()) };
    // SAFETY: NULL with an exception, or borrowed from the list.
    match unsafe { Borrowed::from_ptr_or_none(item) } {
        Some(item) => Ok(item.to_owned()),
        None => Err(cffi_python::Raised),
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
        let open = field.ctype.kind == Kind::Array && field.ctype.length < 0;
        let size = if open {
            0
        } else {
            field.ctype.size()?.unwrap_or(0)
        };
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
