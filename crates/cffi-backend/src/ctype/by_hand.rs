//! `complete_struct_or_union` of the low-level interface: a layout from a list of fields, computed, checked or taken as given.
//!
//! The rules are those that callers of this function rely on, not the ones by which records of `cdef()` are laid out (`cffi-model`):
//! fields follow one that was given an offset, packed bit-fields never share a byte across units, and nothing is ever empty.

use std::ffi::c_int;

use cffi_python::arguments::{self, Arguments, Convention, Signature, Style, wrong_type};
use cffi_python::bits::ToSigned;
use cffi_python::error::raise_class;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};

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
    /// C may know of more fields.
    pub partial: bool,
}

const MSVC_BITFIELDS: c_int = 0x01;
const ARM_BITFIELDS: c_int = 0x02;
const BIG_ENDIAN: c_int = 0x04;
const PACKED: c_int = 0x08;
const X86_BITFIELDS: c_int = 0x10;
const STD_FIELD_POS: c_int = 0x80;

/// Whose rules bit-fields follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compiler {
    /// GCC for most processors.
    Gcc,
    /// GCC for ARM: unnamed bit-fields count for the alignment of the record.
    GccArm,
    /// A bit-field takes a whole unit of its type, which it shares with neighbours of the same size only.
    Msvc,
}

impl Compiler {
    const fn of(flags: c_int) -> Self {
        if flags & MSVC_BITFIELDS != 0 {
            Self::Msvc
        } else if flags & ARM_BITFIELDS != 0 {
            Self::GccArm
        } else if flags & X86_BITFIELDS != 0 {
            Self::Gcc
        } else if cfg!(windows) {
            Self::Msvc
        } else if cfg!(all(
            any(target_arch = "arm", target_arch = "aarch64"),
            not(target_vendor = "apple")
        )) {
            Self::GccArm
        } else {
            Self::Gcc
        }
    }
}

/// A field as it is given.
pub struct Given {
    name: Owned,
    ctype: CTypeRef,
    width: Option<u32>,
    offset: Option<usize>,
}

/// Completes a record.
pub fn complete(record: &CType, fields: Borrowed<'_>, request: &Request) -> PyResult<()> {
    // A record that was declared whole is complete, even where nobody has asked for its layout yet.
    record.complete()?;
    if record
        .as_record()
        .is_none_or(|detail| detail.layout().is_some())
    {
        return Err(not_open());
    }
    let mut ruler = Ruler::new(record, request);
    let mut index = 0;
    // Warnings and the like can run Python code meanwhile, and the list change.
    while let remaining @ 1.. = fields.length()?.saturating_sub(index) {
        ruler.add(field(record, fields, index, remaining)?)?;
        index += 1;
    }
    if publish(record, ruler.finish()?)? {
        Ok(())
    } else {
        Err(not_open())
    }
}

/// Completes a record with fields that are all there; of another thread that is at the same record, the first to be done counts.
pub fn publish_given(record: &CType, fields: Vec<Given>, request: &Request) -> PyResult<()> {
    let mut ruler = Ruler::new(record, request);
    for field in fields {
        ruler.add(field)?;
    }
    publish(record, ruler.finish()?)?;
    Ok(())
}

#[cold]
fn not_open() -> Raised {
    raise!(
        TypeError,
        "first arg must be a non-initialized struct or union ctype"
    )
}

/// A storage unit of Microsoft's, and how many of its bits are not taken yet.
#[derive(Clone, Copy)]
struct Unit {
    size: usize,
    free: u32,
}

/// Gives fields their places, one after the other.
struct Ruler<'a> {
    record: &'a CType,
    request: &'a Request,
    compiler: Compiler,
    /// The largest alignment of a field.
    pack: Option<usize>,
    /// The next field goes here, in bytes and bits.
    byte: usize,
    bit: u32,
    unit: Option<Unit>,
    /// The first byte behind all fields.
    end: usize,
    align: usize,
    /// Fields stand elsewhere than C's rules put them.
    irregular: bool,
    fields: Vec<NewField>,
}

impl<'a> Ruler<'a> {
    fn new(record: &'a CType, request: &'a Request) -> Self {
        let pack = if request.flags & PACKED != 0 {
            Some(1)
        } else {
            usize::try_from(request.pack).ok().filter(|pack| *pack > 0)
        };
        Self {
            record,
            request,
            compiler: Compiler::of(request.flags),
            pack,
            byte: 0,
            bit: 0,
            unit: None,
            end: 0,
            align: 1,
            irregular: false,
            fields: Vec::new(),
        }
    }

    fn add(&mut self, field: Given) -> PyResult<()> {
        if self.record.kind == Kind::Union {
            (self.byte, self.bit) = (0, 0);
        }
        let natural = field.ctype.align()?;
        let align = self.pack.map_or(natural, |pack| pack.min(natural));
        let counts = match (field.width, self.compiler) {
            (None, _) | (_, Compiler::GccArm) => true,
            (Some(_), Compiler::Gcc) => !field.is_unnamed(),
            (Some(width), Compiler::Msvc) => width > 0,
        };
        if counts {
            self.align = self.align.max(align);
        }
        match (field.width, self.compiler) {
            (None, _) => self.add_whole(field, align)?,
            (Some(0), Compiler::Msvc) => self.unit = None,
            (Some(0), _) => {
                self.byte = self.round_up(self.whole_bytes()?, align)?;
                self.bit = 0;
            }
            (Some(width), Compiler::Msvc) => self.add_to_unit(field, align, width)?,
            (Some(width), _) => self.add_bits(field, align, width)?,
        }
        self.end = self.end.max(self.whole_bytes()?);
        Ok(())
    }

    /// A field that is no bit-field.
    fn add_whole(&mut self, field: Given, align: usize) -> PyResult<()> {
        let mut offset = self.round_up(self.whole_bytes()?, align)?;
        if let Some(forced) = field.offset.filter(|forced| *forced != offset) {
            self.expect_standard(offset, forced, || {
                format!("wrong offset for field '{}'", field.name.borrow().display())
            })?;
            self.irregular = true;
            offset = forced;
        }
        // Nested anonymous records are laid out as C does, but the convention may look into them.
        self.irregular |= field.is_unnamed() && field.ctype.kind.is_record();
        let size = field.size()?;
        self.byte = self.sum(offset, size)?;
        self.bit = 0;
        self.unit = None;
        self.push(field, offset, Place::Whole)
    }

    /// A bit-field of GCC's: it starts in the unit of its type that the last field ends in, if the whole of it fits there.
    fn add_bits(&mut self, field: Given, align: usize, width: u32) -> PyResult<()> {
        let bits = 8 * bit_field_size(&field)?;
        let within = self.byte % align;
        let mut start = self.byte - within;
        // A unit is not packed to less than its bytes: more than its bits cannot be taken.
        let mut taken = 8 * u32::try_from(within).unwrap_or(u32::MAX / 16) + self.bit;
        if taken + width > bits {
            if self.pack.is_some() && taken % 8 != 0 {
                return Err(raise!(
                    NotImplementedError,
                    "with 'packed', gcc would compile field '{}.{}' to reuse some bits in the previous field",
                    self.record.name(),
                    field.name.borrow().display()
                ));
            }
            start = self.sum(start, align)?;
            (self.byte, self.bit, taken) = (start, 0, 0);
        }
        let behind = self.bit + width;
        self.byte = self.sum(self.byte, behind as usize / 8)?;
        self.bit = behind % 8;
        self.push_bits(field, start, taken, width)
    }

    /// A bit-field of Microsoft's.
    fn add_to_unit(&mut self, field: Given, align: usize, width: u32) -> PyResult<()> {
        let size = field.size()?;
        let bits = 8 * bit_field_size(&field)?;
        let free = match self.unit {
            Some(unit) if unit.size == size && unit.free >= width => unit.free,
            _ => {
                let start = self.round_up(self.whole_bytes()?, align)?;
                self.byte = self.sum(start, size)?;
                self.bit = 0;
                bits
            }
        };
        self.unit = Some(Unit {
            size,
            free: free - width,
        });
        self.push_bits(field, self.byte.saturating_sub(size), bits - free, width)
    }

    fn push_bits(&mut self, field: Given, offset: usize, shift: u32, width: u32) -> PyResult<()> {
        if field.is_unnamed() {
            return Ok(());
        }
        // On big-endian targets bit-fields are counted from the most significant bit of their unit.
        let shift = if self.request.flags & BIG_ENDIAN == 0 {
            shift
        } else {
            (8 * bit_field_size(&field)?).saturating_sub(width + shift)
        };
        let place = Place::Bits {
            shift: u16::try_from(shift).unwrap_or(u16::MAX),
            width: u16::try_from(width).unwrap_or(u16::MAX),
        };
        self.push(field, offset, place)
    }

    fn push(&mut self, field: Given, offset: usize, place: Place) -> PyResult<()> {
        self.fields.push(NewField {
            name: intern(field.name)?,
            ctype: field.ctype,
            offset,
            place,
        });
        Ok(())
    }

    /// Size and alignment, as computed or as the caller has them.
    fn finish(self) -> PyResult<NewLayout> {
        // Like C, which has no objects of no size (C11 6.2.6.1p2); but a caller may ask for it.
        let natural = self.round_up(self.end, self.align)?.max(1);
        let size = match usize::try_from(self.request.size) {
            Err(_) => natural,
            Ok(size) => {
                self.expect_standard(natural, size, || "wrong total size".to_owned())?;
                if size < self.end {
                    return Err(raise!(
                        TypeError,
                        "{} cannot be of size {size}: there are fields at least up to {}",
                        self.record.name(),
                        self.end
                    ));
                }
                size
            }
        };
        let align = match usize::try_from(self.request.align) {
            Err(_) => self.align,
            Ok(align) => {
                self.expect_standard(self.align, align, || "wrong total alignment".to_owned())?;
                align
            }
        };
        if !align.is_power_of_two() {
            return Err(raise!(
                SystemError,
                "found for ctype '{}' bogus alignment '{align}'",
                self.record.name()
            ));
        }
        Ok(NewLayout {
            size,
            align: u32::try_from(align).unwrap_or(1),
            fields: self.fields,
            irregular: self.irregular || size != natural,
            partial: self.request.partial,
        })
    }

    /// The first whole byte behind everything so far.
    fn whole_bytes(&self) -> PyResult<usize> {
        self.sum(self.byte, usize::from(self.bit > 0))
    }

    fn sum(&self, offset: usize, more: usize) -> PyResult<usize> {
        offset
            .checked_add(more)
            .filter(|sum| isize::try_from(*sum).is_ok())
            .ok_or_else(|| self.too_large())
    }

    fn round_up(&self, offset: usize, align: usize) -> PyResult<usize> {
        offset
            .checked_next_multiple_of(align)
            .filter(|rounded| isize::try_from(*rounded).is_ok())
            .ok_or_else(|| self.too_large())
    }

    #[cold]
    fn too_large(&self) -> Raised {
        raise!(
            OverflowError,
            "{}: larger than any object can be",
            self.record.name()
        )
    }

    /// Where the caller relies on the compiler's layout, a difference is an error.
    fn expect_standard(
        &self,
        natural: usize,
        given: usize,
        what: impl FnOnce() -> String,
    ) -> PyResult<()> {
        if natural == given || self.request.flags & STD_FIELD_POS == 0 {
            return Ok(());
        }
        let class = types::FFI.object().attribute(c"error")?;
        let name = self.record.name();
        Err(raise_class(
            class.borrow(),
            format_args!(
                "{name}: {} (cdef says {natural}, but C compiler says {given}). fix it or use \"...;\" as the last field in the cdef for {name} to make it flexible",
                what()
            ),
        ))
    }
}

/// The size of an integer type, of which a field's bits are taken.
fn bit_field_size(field: &Given) -> PyResult<u32> {
    u32::try_from(field.size()?).map_err(|_| raise!(SystemError, "bit-field of a huge type"))
}

fn intern(name: Owned) -> PyResult<Owned> {
    crate::ffi::realize::interned(name.borrow().utf8()?)
}

/// What a field's tuple is known as.
static ITEM: Convention = Convention {
    owner: "list",
    style: Style::Tuple,
};

/// The field at an index, which `remaining` counts with those behind it.
fn field(record: &CType, fields: Borrowed<'_>, index: usize, remaining: usize) -> PyResult<Given> {
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
    Given::checked(
        record,
        name.to_owned(),
        ctype.to_ref(),
        width,
        offset,
        remaining,
    )
}

impl Given {
    /// A field that can be one: of a size that is known or open at the end, or a bit-field that C allows. `remaining` counts it and
    /// the fields behind it.
    pub fn checked(
        record: &CType,
        name: Owned,
        ctype: CTypeRef,
        width: Option<u32>,
        offset: Option<usize>,
        remaining: usize,
    ) -> PyResult<Self> {
        // An array of unknown length has its place at the end, or where it is told to be.
        let open = ctype.kind == Kind::Array && ctype.length < 0 && ctype.item().is_some();
        let open_allowed = open && width.is_none() && (remaining == 1 || offset.is_some());
        if ctype.size()?.is_none() && !open_allowed {
            return Err(raise!(
                TypeError,
                "field '{}.{}' has ctype '{}' of unknown size",
                record.name(),
                name.borrow().display(),
                ctype.name()
            ));
        }
        let given = Given {
            name,
            ctype,
            width,
            offset,
        };
        if let Some(width) = width {
            check_bits(record, &given, width)?;
        }
        Ok(given)
    }
}

fn check_bits(record: &CType, given: &Given, width: u32) -> PyResult<()> {
    let (owner, shown) = (record.name(), given.name.borrow().display());
    let ctype = &given.ctype;
    if given.offset.is_some() {
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
    fn is_unnamed(&self) -> bool {
        self.name.borrow().str_len() == 0
    }

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
