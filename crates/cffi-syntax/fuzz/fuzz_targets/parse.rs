//! Any bytes through both entry points and through the rendering of what they report.
//!
//! Run it with the fixtures as seeds and the dictionary of C words:
//!
//! ```text
//! cargo +nightly fuzz run parse fuzz/corpus/parse tests/fixtures/accepted tests/fixtures/rejected -- -dict=fuzz/c.dict
//! ```

#![no_main]

use cffi_syntax::{
    ParseOptions, Rendering, Severity, SourceText, TypeNames, parse_translation_unit, parse_type_name, render, snippet,
};
use libfuzzer_sys::fuzz_target;

struct Names;

impl TypeNames for Names {
    fn is_typedef_name(&self, name: &str) -> bool {
        matches!(name, "FILE" | "bool" | "size_t" | "uint32_t" | "T")
    }

    fn known_names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(["FILE", "bool", "size_t", "uint32_t", "T"].into_iter())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let source = SourceText::new(&text);
    let parsed = parse_translation_unit(&source, &Names, &ParseOptions::default());
    let flawed = parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    assert_eq!(render(&source, Rendering::Cdef, &parsed.diagnostics).is_none(), !flawed);
    for diagnostic in &parsed.diagnostics {
        assert!(source.text().get(diagnostic.span.start as usize..diagnostic.span.end as usize).is_some());
        _ = snippet(&source, diagnostic.span, "found");
    }
    if let Err(diagnostics) = parse_type_name(&source, &Names) {
        assert!(render(&source, Rendering::TypeName, &diagnostics).is_some());
    }
});
