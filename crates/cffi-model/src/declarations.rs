//! What an FFI has been told by `cdef()`: types, functions, variables and constants, by name.
//!
//! Changed only through [`Declarations::cdef`], which works on a journal: an error leaves everything as it was.

// API sketch to be filled in; the signatures are the contract with the run time.
//
// impl Declarations {
//     pub fn new(target: Target) -> Self;
//     /// Parse and enter a cdef. Err leaves self unchanged. Ok carries warnings (for Python's `warnings`).
//     pub fn cdef(&mut self, source: &str, options: &CdefOptions) -> Result<Vec<Warning>, CdefError>;
//     /// Parse a type name. May intern new types. `Function` types come back as `Type::Function`.
//     pub fn parse_type(&mut self, text: &str) -> Result<QualType, CdefError>;
//     pub fn include(&mut self, other: &Declarations);   // copies names; records/enums stay linked to their owner
//     pub fn types(&self) -> &TypeTable;
//     pub fn get(&self, name: &str) -> Option<&Declaration>;      // ordinary names: functions, variables, constants
//     pub fn iter(&self) -> impl Iterator<Item = (&str, &Declaration)>;
//     pub fn typedefs(&self), tags(&self, RecordKind/enum) ...
// }
