//! What the tests of calls and of closures share: types, signatures, and a C library made for them.

pub(crate) mod convert;
pub(crate) mod random;
pub(crate) mod source;
pub(crate) mod types;

use std::ffi::{CString, c_void};
use std::path::Path;
use std::process::Command;

use cffi_call::dlopen::{self, Handle};
use cffi_call::{Shape, Signature};

use random::Random;
use source::{Case, SLOT};
use types::{Portable, Type};

/// A C library compiled for a test.
pub(crate) struct Library(Handle);

impl Library {
    /// Compiles and loads a source.
    pub(crate) fn build(name: &str, source: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (input, output) = (
            folder.join(format!("{name}.c")),
            folder.join(format!("{name}.so")),
        );
        std::fs::write(&input, source).unwrap();
        let compiler = std::env::var_os("CFFI_TEST_CC").unwrap_or("cc".into());
        let status = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-w", "-Wno-psabi", "-o"])
            .arg(&output)
            .arg(&input)
            .status();
        assert!(
            status.unwrap().success(),
            "cannot compile {}",
            input.display()
        );
        let path = CString::new(output.into_os_string().into_encoded_bytes()).unwrap();
        Self(dlopen::open(Some(&path), dlopen::NOW).unwrap())
    }

    /// A symbol that is there.
    pub(crate) fn symbol(&self, name: &str) -> *const c_void {
        let name = CString::new(name).unwrap();
        // SAFETY: the library stays open.
        unsafe { dlopen::symbol(self.0, &name) }.unwrap().as_ptr()
    }

    /// A function of this type.
    ///
    /// # Safety
    /// It has this type.
    pub(crate) unsafe fn function<F: Copy>(&self, name: &str) -> F {
        let symbol = self.symbol(name);
        assert_eq!(size_of::<F>(), size_of_val(&symbol));
        // SAFETY: the caller's promise.
        unsafe { std::mem::transmute_copy(&symbol) }
    }
}

/// Values of one call, in slots of [`SLOT`] bytes, number 0 for the result.
#[repr(C, align(64))]
pub(crate) struct Values(pub(crate) [[u8; SLOT]; 24]);

impl Values {
    /// Slots without values.
    pub(crate) fn new() -> Box<Self> {
        Box::new(Self([[0xee; SLOT]; 24]))
    }

    /// The address of a slot.
    pub(crate) fn slot(&mut self, index: usize) -> *mut u8 {
        self.0[index].as_mut_ptr()
    }
}

/// The types, the signatures, and the library with its two buffers.
pub(crate) struct Bench {
    /// All types.
    pub(crate) types: Vec<Type>,
    /// All signatures; a case's number is in the names of its functions.
    pub(crate) cases: Vec<Case>,
    /// The compiled source.
    pub(crate) library: Library,
    /// What C reads.
    pub(crate) inputs: Box<Values>,
    /// What C writes.
    pub(crate) outputs: Box<Values>,
}

impl Bench {
    /// Builds a library for signatures.
    pub(crate) fn new(name: &str, cases: impl FnOnce(&[Type]) -> Vec<Case>) -> Self {
        let types = types::types();
        let cases = cases(&types);
        let library = Library::build(name, &source::source(&types, &cases));
        let (mut inputs, mut outputs) = (Values::new(), Values::new());
        // SAFETY: the type of `use` and the size of the table `sizes` in the source.
        unsafe {
            let give: unsafe extern "C" fn(*mut u8, *mut u8) = library.function("use");
            give(inputs.slot(0), outputs.slot(0));
            let sizes = std::slice::from_raw_parts(
                library.symbol("sizes").cast::<[usize; 2]>(),
                types.len(),
            );
            for (ty, size) in types.iter().zip(sizes) {
                assert_eq!(
                    [ty.shape.size(), ty.shape.align()],
                    *size,
                    "{}",
                    ty.definition
                );
            }
        }
        Self {
            types,
            cases,
            library,
            inputs,
            outputs,
        }
    }

    /// Fresh random input values for a case.
    pub(crate) fn fill(&mut self, case: &Case, seed: usize) {
        let mut random = Random::new(seed as u64);
        for (slot, shape) in self.slots(case) {
            self.inputs.0[slot].fill(0xdd);
            self.outputs.0[slot].fill(0xcc);
            random.fill(&shape, &mut self.inputs.0[slot][..shape.size()]);
        }
    }

    /// The slots of a case with their shapes.
    pub(crate) fn slots(&self, case: &Case) -> Vec<(usize, Shape)> {
        let result = case
            .result
            .map(|index| (0, self.types[index].shape.clone()));
        let parameters = case.parameters.iter().enumerate();
        result
            .into_iter()
            .chain(parameters.map(|(i, index)| (i + 1, self.types[*index].shape.clone())))
            .collect()
    }

    /// The signature of a case.
    pub(crate) fn signature(&self, case: &Case) -> Signature {
        let shape = |index: &usize| self.types[*index].shape.clone();
        Signature {
            result: case.result.as_ref().map_or(Shape::Void, shape),
            parameters: case.parameters.iter().map(shape).collect(),
            fixed: case.named,
            abi: None,
        }
    }

    /// Whether libffi has a description of all types of a case.
    pub(crate) fn is_portable(&self, case: &Case) -> bool {
        let all = case.parameters.iter().chain(&case.result);
        all.into_iter()
            .all(|index| self.types[*index].portable == Portable::Yes)
    }

    /// A case in the words of C, for messages.
    pub(crate) fn spell(&self, case: &Case) -> String {
        let name = |index: &usize| self.types[*index].definition.clone();
        let parameters: Vec<String> = case.parameters.iter().map(name).collect();
        format!(
            "{} f({})",
            case.result.as_ref().map_or("void".to_owned(), name),
            parameters.join(", ")
        )
    }
}
