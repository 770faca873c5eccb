//! Struct and union ctypes: declared first, completed with a layout when the layout is known or first needed.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock, PoisonError};

use cffi_python::ffi;
use cffi_python::sync::Lock;
use cffi_python::{Borrowed, Owned, PyResult, object, raise};

use super::field::{CFieldRef, Place, new_field};
use super::object::{CType, CTypeRef, Detail, Kind, NewCType};

/// Who knows the members of a record that has no layout yet.
pub struct Completer {
    /// An FFI object.
    pub owner: Owned,
    /// The FFI's number of the record.
    pub number: usize,
    /// Completes the record, or leaves it alone where it is opaque so far.
    pub complete: fn(&CType, Borrowed<'_>, usize) -> PyResult<()>,
}

/// What only records have.
pub struct RecordDetail {
    completer: Lock<Option<Completer>>,
    layout: OnceLock<Layout>,
}

/// The fields of a complete record.
pub struct Layout {
    /// In order of declaration, those of anonymous members in their place.
    pub fields: Vec<NamedField>,
    /// `{name: CField}` for the same.
    by_name: Owned,
    /// Ends in an array of unknown length.
    pub flexible: Flexible,
    /// Fields stand elsewhere than C's rules put them: seen by the calling convention.
    pub irregular: bool,
    /// C may know of more fields.
    pub partial: bool,
    /// Has members that are records without a name.
    pub anonymous_members: bool,
    /// The members as declared: anonymous ones whole. For the calling convention.
    pub members: Vec<(usize, CTypeRef, Place)>,
}

/// Whether a record ends in a flexible array member (C11 6.7.2.1p18), its own or a nested record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flexible {
    /// It does not.
    No,
    /// It does.
    Yes,
}

/// A field with its name.
pub struct NamedField {
    /// An interned `str`.
    pub name: Owned,
    /// The field.
    pub field: CFieldRef,
}

/// A field as it is given to [`publish`].
pub struct NewField {
    /// An interned `str`, empty for an anonymous record.
    pub name: Owned,
    /// Its type.
    pub ctype: CTypeRef,
    /// In bytes from the start of the record.
    pub offset: usize,
    /// Object or bit-field.
    pub place: Place,
}

/// A complete layout as it is given to [`publish`].
pub struct NewLayout {
    /// In bytes.
    pub size: usize,
    /// In bytes.
    pub align: u32,
    /// In order.
    pub fields: Vec<NewField>,
    /// Fields stand elsewhere than C's rules put them.
    pub irregular: bool,
    /// C may know of more fields.
    pub partial: bool,
}

impl RecordDetail {
    /// Whether nobody knows its members: no layout, and nobody to ask.
    pub fn is_opaque(&self) -> bool {
        self.layout.get().is_none() && self.completer.read(Option::is_none)
    }

    /// Lets somebody else complete the record. Does nothing where it is complete.
    pub fn hand_over(&self, completer: Completer) {
        if self.layout.get().is_none() {
            let before = self.completer.with(|current| current.replace(completer));
            drop(before);
        }
    }

    /// The layout, once complete.
    #[inline]
    pub fn layout(&self) -> Option<&Layout> {
        self.layout.get()
    }

    /// Every object that this refers to, for `tp_traverse`.
    pub(super) fn for_each_reference(&self, visit: &mut dyn FnMut(*mut ffi::PyObject)) {
        self.completer.traverse(|completer| {
            if let Some(completer) = completer {
                visit(completer.owner.as_ptr());
            }
        });
        if let Some(layout) = self.layout.get() {
            visit(layout.by_name.as_ptr());
            for named in &layout.fields {
                visit(named.field.as_object().as_ptr());
            }
            for (_, member, _) in &layout.members {
                visit(member.as_ptr());
            }
        }
    }

    /// Gives up every reference, for `tp_clear`. The record is opaque afterwards.
    pub(super) fn clear(&mut self) {
        drop(self.completer.take());
        drop(self.layout.take());
    }
}

impl Layout {
    /// The field of a name.
    #[inline]
    pub fn field(&self, name: Borrowed<'_>) -> PyResult<Option<&CFieldRef>> {
        // Names of attributes are interned, and so are ours: a few pointer comparisons find most fields at once.
        for named in self.fields.iter().take(12) {
            if named.name.borrow().is(name) {
                return Ok(Some(&named.field));
            }
        }
        let Some(found) = self.by_name.borrow().dict_get(name)? else {
            return Ok(None);
        };
        Ok(self
            .fields
            .iter()
            .find(|named| named.field.as_object().is(found.borrow()))
            .map(|named| &named.field))
    }
}

/// A new struct or union without a layout.
pub fn new_record(kind: Kind, name: &str, completer: Option<Completer>) -> PyResult<CTypeRef> {
    NewCType {
        kind,
        size: -1,
        align: 0,
        item: None,
        length: -1,
        decayed: None,
        name: name.into(),
        name_position: name.len(),
        detail: Detail::Record(Box::new(RecordDetail {
            completer: Lock::new(completer),
            layout: OnceLock::new(),
        })),
    }
    .build()
}

impl CType {
    /// Gives a record its layout if that can be done now; a record that stays opaque is no error.
    #[inline]
    pub fn complete(&self) -> PyResult<()> {
        match self.as_record() {
            Some(detail) if detail.layout.get().is_none() => self.complete_slowly(detail),
            _ => Ok(()),
        }
    }

    #[cold]
    fn complete_slowly(&self, detail: &RecordDetail) -> PyResult<()> {
        let completer = detail.completer.read(|completer| {
            let completer = completer.as_ref()?;
            Some((
                completer.owner.clone(),
                completer.number,
                completer.complete,
            ))
        });
        let Some((owner, number, complete)) = completer else {
            return Ok(());
        };
        // A record that contains itself by value is refused by the parser; this is a pointer cycle on its way. Another thread that
        // is at the same record does not matter: both come to the same layout, and the first to be done publishes it.
        let Some(_entered) = Entered::new(self) else {
            return Ok(());
        };
        complete(self, owner.borrow(), number)?;
        if detail.layout.get().is_some() {
            drop(detail.completer.take());
        }
        Ok(())
    }

    /// Whether this thread is just finding out the layout of this record, which may have pointers to functions that return it.
    pub fn is_being_completed(&self) -> bool {
        COMPLETING.with_borrow(|records| records.contains(&std::ptr::from_ref(self)))
    }

    /// The fields of a record, completing it if that can be done; `None` for opaque records and other types.
    #[inline]
    pub fn layout(&self) -> PyResult<Option<&Layout>> {
        let Some(detail) = self.as_record() else {
            return Ok(None);
        };
        if let Some(layout) = detail.layout.get() {
            return Ok(Some(layout));
        }
        self.complete_slowly(detail)?;
        Ok(detail.layout.get())
    }

    /// Whether values of this type end in an array of unknown length.
    pub fn is_flexible(&self) -> PyResult<bool> {
        Ok(self
            .layout()?
            .is_some_and(|layout| layout.flexible == Flexible::Yes))
    }
}

thread_local! {
    /// The records that this thread is completing.
    static COMPLETING: RefCell<Vec<*const CType>> = const { RefCell::new(Vec::new()) };
}

/// A record is being completed by this thread for as long as this lives.
struct Entered(*const CType);

impl Entered {
    /// `None` where this thread is at this record already.
    fn new(record: *const CType) -> Option<Self> {
        COMPLETING.with_borrow_mut(|records| {
            if records.contains(&record) {
                return None;
            }
            records.push(record);
            Some(Self(record))
        })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        COMPLETING.with_borrow_mut(|records| records.retain(|record| *record != self.0));
    }
}

/// Completes a record. Nothing is changed when an error is raised; `Ok(false)` if it was complete already.
pub fn publish(record: &CType, new: NewLayout) -> PyResult<bool> {
    let Some(detail) = record.as_record() else {
        return Err(raise!(
            TypeError,
            "first arg must be a non-initialized struct or union ctype"
        ));
    };
    let by_name = object::new_dict()?;
    let mut fields = Vec::with_capacity(new.fields.len());
    let mut members = Vec::with_capacity(new.fields.len());
    let mut flexible = Flexible::No;
    let mut anonymous_members = false;
    for (index, field) in new.fields.into_iter().enumerate() {
        let open = field.ctype.kind == Kind::Array && field.ctype.length < 0;
        if open || field.ctype.is_flexible()? {
            flexible = Flexible::Yes;
        }
        // An initialiser by position gives one member of a union a value: the first.
        let later_in_union = record.kind == Kind::Union && index > 0;
        members.push((field.offset, field.ctype.clone(), field.place));
        let anonymous = field.name.borrow().str_len() == 0;
        if anonymous && field.ctype.kind.is_record() {
            anonymous_members = true;
            if let Some(inner) = field.ctype.layout()? {
                for named in &inner.fields {
                    let skipped = later_in_union || named.field.skipped_in_initializer;
                    let made = new_field(
                        named.field.ctype.clone(),
                        field.offset + named.field.offset,
                        named.field.place,
                        skipped,
                    )?;
                    add_field(&by_name, &mut fields, named.name.clone(), made)?;
                }
            }
            continue;
        }
        if anonymous {
            continue;
        }
        let made = new_field(field.ctype, field.offset, field.place, later_in_union)?;
        add_field(&by_name, &mut fields, field.name, made)?;
    }
    let layout = Layout {
        fields,
        by_name,
        flexible,
        irregular: new.irregular,
        partial: new.partial,
        anonymous_members,
        members,
    };
    // One at a time, so that size and layout are of one completion; whoever sees the layout sees the size.
    static PUBLISHING: Mutex<()> = Mutex::new(());
    let publishing = PUBLISHING.lock().unwrap_or_else(PoisonError::into_inner);
    if detail.layout.get().is_some() {
        // The layout that came too late is dropped outside of the lock.
        drop(publishing);
        return Ok(false);
    }
    let size = isize::try_from(new.size).unwrap_or(isize::MAX);
    record.align.store(new.align, Ordering::Relaxed);
    record.size.store(size, Ordering::Relaxed);
    // The layout was empty under the lock, so nothing is given back here.
    Ok(detail.layout.set(layout).is_ok())
}

fn add_field(
    by_name: &Owned,
    fields: &mut Vec<NamedField>,
    name: Owned,
    field: CFieldRef,
) -> PyResult<()> {
    // SAFETY: dict and str; Contains returns -1 with an exception on errors.
    if unsafe { ffi::PyDict_Contains(by_name.as_ptr(), name.as_ptr()) } == 1 {
        return Err(raise!(
            KeyError,
            "duplicate field name '{}'",
            name.borrow().display()
        ));
    }
    by_name
        .borrow()
        .dict_set(name.borrow(), field.as_object())?;
    fields.push(NamedField { name, field });
    Ok(())
}
