//! What the names of a module stand for: each global becomes a function, a value or a variable.

use std::ffi::c_void;

use cffi_model::gil::Gil;
use cffi_python::error;
use cffi_python::{Borrowed, Owned, PyResult, raise};
use cffi_wire::Opcode;
use cffi_wire::tables::Global;

use super::context::place;
use super::library::Lib;
use super::variable::{Place, new_variable};
use super::{Compiled, ffi_error, function, realize};
use crate::cdata::object::{new_library_function, new_pointer_keeping_gil};
use crate::convert;
use crate::ctype::Kind;
use crate::ffi::object::Ffi;

/// Modules that include each other in a circle end here.
const MAX_INCLUDES: u32 = 100;

/// The value of an integer constant of a module or of one that it includes.
pub fn integer_constant(owner: &Ffi, name: &str, depth: u32) -> PyResult<Option<Owned>> {
    let Some(module) = owner.compiled() else {
        return Ok(None);
    };
    if let Some(index) = module.context.find_global(name) {
        let opcode = module.context.globals().get(index).and_then(opcode_of);
        return match opcode {
            Some(Opcode::ConstantInt | Opcode::Enum) => {
                realize::integer_constant(module, index).map(Some)
            }
            _ => Err(ffi_error(format_args!(
                "function, global variable or non-integer constant '{name}' must be fetched from its original 'lib' object"
            ))),
        };
    }
    check_depth(depth)?;
    for (ffi, _) in module.included() {
        if let Some(ffi) = Ffi::from_object(ffi.borrow()) {
            if let Some(value) = integer_constant(ffi, name, depth + 1)? {
                return Ok(Some(value));
            }
        }
    }
    Ok(None)
}

fn check_depth(depth: u32) -> PyResult<()> {
    if depth > MAX_INCLUDES {
        return Err(raise!(
            RuntimeError,
            "recursion overflow in ffi.include() delegations"
        ));
    }
    Ok(())
}

/// What a global is.
pub fn opcode_of(global: &Global) -> Option<Opcode> {
    Opcode::from_number(u8::try_from(global.type_op as usize & 0xFF).unwrap_or(0))
}

impl Lib {
    /// What a name is in this module or in one that it includes: a value, or a variable.
    pub(super) fn find(&self, name: Borrowed<'_>, depth: u32) -> PyResult<Option<Owned>> {
        if let Some(known) = self.found.borrow().dict_get(name)? {
            return Ok(Some(known));
        }
        let owner = self.owner()?;
        let Some(module) = owner.compiled() else {
            return Ok(None);
        };
        let Ok(string) = name.utf8() else {
            error::clear();
            return Ok(None);
        };
        let found = match module.context.find_global(string) {
            Some(index) => Some(self.item(owner, module, index, string)?),
            None => Self::find_included(module, name, string, depth)?,
        };
        if let Some(found) = &found {
            self.found.borrow().dict_set(name, found.borrow())?;
        }
        Ok(found)
    }

    fn find_included(
        module: &Compiled,
        name: Borrowed<'_>,
        string: &str,
        depth: u32,
    ) -> PyResult<Option<Owned>> {
        check_depth(depth)?;
        for (ffi, lib) in module.included() {
            let lib = lib.as_ref().and_then(|lib| Self::from_object(lib.borrow()));
            let found = match (lib, Ffi::from_object(ffi.borrow())) {
                (Some(lib), _) => lib.find(name, depth + 1)?,
                (None, Some(ffi)) => integer_constant(ffi, string, depth + 1)?,
                (None, None) => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// What a global becomes.
    fn item(&self, owner: &Ffi, module: &Compiled, index: usize, name: &str) -> PyResult<Owned> {
        let Some(global) = module.context.globals().get(index) else {
            return Err(raise!(SystemError, "global {index} of a module"));
        };
        let Some(opcode) = opcode_of(global) else {
            return Err(raise!(
                NotImplementedError,
                "'{name}' is of an unknown kind"
            ));
        };
        if let Some(flags) = function::wrapper_flags(opcode) {
            let gil = module.context.gil(index);
            return function::new_function(self, owner, module, global, flags, gil);
        }
        // Integer constants have none.
        let type_index = || place(global.type_op as isize >> 8);
        let object_type = || realize::object_type(owner, module, type_index()?);
        match opcode {
            Opcode::ConstantInt | Opcode::Enum => realize::integer_constant(module, index),
            Opcode::Constant | Opcode::DlopenConst => {
                let ctype = object_type()?;
                let Some(size) = ctype.size()?.filter(|size| *size > 0) else {
                    return Err(ffi_error(format_args!(
                        "constant '{name}' is of type '{}', whose size is not known",
                        ctype.name()
                    )));
                };
                if global.address.is_null() {
                    let data = self.symbol(name)?;
                    // SAFETY: the program declared the symbol as an object of this type.
                    return unsafe { convert::load(&ctype, data) };
                }
                let mut memory = vec![0_u128; size.div_ceil(16)];
                let data: *mut u8 = memory.as_mut_ptr().cast();
                // SAFETY: the address of such a constant is a function of this type, which stores a value; here is room for it.
                let value = unsafe {
                    let get: unsafe extern "C" fn(*mut u8) = std::mem::transmute(global.address);
                    get(data);
                    if ctype.kind == Kind::Function && module.context.gil(index) == Gil::Kept {
                        let pointer = data.cast::<*mut u8>().read();
                        return Ok(new_pointer_keeping_gil(ctype, pointer)?.into_owned());
                    }
                    convert::load(&ctype, data)?
                };
                if matches!(ctype.kind, Kind::Struct | Kind::Union | Kind::Array) {
                    // The value refers to it, for as long as anybody likes. There is one for each such constant.
                    std::mem::forget(memory);
                }
                Ok(value)
            }
            Opcode::GlobalVar => {
                let ctype = object_type()?;
                let declared = ctype.size()?.filter(|size| *size > 0);
                let actual = global.size_or_direct_fn.addr();
                if let Some(declared) = declared.filter(|it| actual != 0 && *it != actual) {
                    return Err(ffi_error(format_args!(
                        "global variable '{name}' should be {declared} bytes according to the cdef, but is actually {actual}"
                    )));
                }
                let address = if global.address.is_null() {
                    self.symbol(name)?
                } else {
                    global.address.cast()
                };
                new_variable(name, ctype, Place::At(address))
            }
            Opcode::GlobalVarF => {
                if global.address.is_null() {
                    return Err(raise!(SystemError, "a variable without an address"));
                }
                // SAFETY: the address of such a variable is a function of this type.
                let ask = unsafe {
                    std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *mut u8>(
                        global.address,
                    )
                };
                new_variable(name, object_type()?, Place::Asked(ask))
            }
            Opcode::DlopenFunc => {
                let address = self.symbol(name)?;
                let ctype = realize::realize(owner, module, type_index()?, 0)?.ctype;
                let Some(library) = &self.library else {
                    return Err(raise!(SystemError, "a function of no library"));
                };
                let gil = library
                    .keep_gil
                    .of_function(name, module.context.gil(index));
                let library = library.clone();
                Ok(new_library_function(ctype, address, library, gil)?.into_owned())
            }
            Opcode::ExternPython => {
                let ctype = object_type()?;
                let address = &raw const global.size_or_direct_fn;
                // SAFETY: the table holds the function pointer there.
                unsafe { convert::load(&ctype, address.cast_mut().cast()) }
            }
            other => Err(raise!(
                NotImplementedError,
                "'{name}' is of kind {} in its module",
                other.name()
            )),
        }
    }

    /// The address of a symbol.
    fn symbol(&self, name: &str) -> PyResult<*mut u8> {
        let shown = self.name().display();
        let Some(library) = self.library.as_ref().filter(|library| library.is_open()) else {
            return Err(ffi_error(format_args!("library '{shown}' has been closed")));
        };
        match library.symbol(name)? {
            Ok(address) => Ok(address.as_ptr().cast()),
            Err(text) => Err(ffi_error(format_args!(
                "symbol '{name}' not found in library '{shown}': {text}"
            ))),
        }
    }
}
