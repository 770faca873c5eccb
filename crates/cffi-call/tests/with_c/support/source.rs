//! Signatures by system and by chance, and the C source that calls and is called with them.

use std::fmt::Write as _;

use super::random::Random;
use super::types::Type;

/// A signature over the table of types, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// Result; `None` is `void`.
    pub(crate) result: Option<usize>,
    /// Parameters.
    pub(crate) parameters: Vec<usize>,
    /// Of a variadic function: how many are named.
    pub(crate) named: Option<usize>,
}

/// Every type in every position that matters, then `extra` random signatures.
pub(crate) fn cases(types: &[Type], extra: usize) -> Vec<Case> {
    let find = |text: &str| types.iter().position(|ty| ty.definition == text).unwrap();
    let (int, long, double) = (find("int"), find("long"), find("double"));
    let fixed = |result, parameters| Case {
        result,
        parameters,
        named: None,
    };
    let mut cases = vec![
        fixed(None, vec![]),
        fixed(None, vec![int; 9]),
        fixed(Some(double), vec![double; 11]),
    ];
    for index in 0..types.len() {
        cases.push(fixed(Some(index), vec![index]));
        // The last integer registers, and none left; the same for floating-point ones.
        for (filler, count) in [
            (long, 4),
            (long, 5),
            (long, 6),
            (long, 7),
            (double, 6),
            (double, 7),
            (double, 8),
        ] {
            let mut parameters = vec![filler; count];
            parameters.extend([index, int, double]);
            cases.push(fixed(Some(int), parameters));
        }
        cases.push(fixed(Some(index), vec![int, index, double, index]));
    }
    let mut random = Random::new(1);
    for _ in 0..extra {
        let parameters = (0..random.below(10))
            .map(|_| random.below(types.len()))
            .collect();
        cases.push(fixed(Some(random.below(types.len())), parameters));
    }
    cases
}

/// Variadic calls: a count, then arguments of types that C's default promotions leave alone.
pub(crate) fn variadic_cases(types: &[Type], extra: usize) -> Vec<Case> {
    // GCC's `va_arg` reads the union from the saved registers as if these were aligned to 16 bytes.
    let left_out = [
        "signed char",
        "unsigned char",
        "short",
        "unsigned short",
        "float",
        "struct {}",
        "union { long double a; char b[16]; }",
    ];
    let is_passed = |index: &usize| !left_out.contains(&types[*index].definition.as_str());
    let passed: Vec<usize> = (0..types.len()).filter(is_passed).collect();
    let int = types.iter().position(|ty| ty.definition == "int").unwrap();
    let mut random = Random::new(2);
    let mut cases: Vec<Case> = passed
        .iter()
        .map(|index| Case {
            result: Some(*index),
            parameters: vec![int, *index, *index],
            named: Some(1),
        })
        .collect();
    for _ in 0..extra {
        let mut parameters = vec![int; 1 + random.below(2)];
        let named = Some(parameters.len());
        parameters.extend((0..random.below(9)).map(|_| passed[random.below(passed.len())]));
        cases.push(Case {
            result: Some(int),
            parameters,
            named,
        });
    }
    cases
}

/// The C source: `functions` records what it gets and answers what it is told to, `callers` does the calling.
///
/// Values travel in two buffers, `inputs` and `outputs`, in slots of [`SLOT`] bytes, number 0 for the result.
pub(crate) fn source(types: &[Type], cases: &[Case]) -> String {
    let mut text = format!(
        "#include <stdarg.h>\n#include <string.h>\n#define SLOT {SLOT}\n\
         static void get(char *from, void *value, int slot, unsigned long size) {{ memcpy(value, from + slot * SLOT, size); }}\n\
         static void put(char *to, const void *value, int slot, unsigned long size) {{ memcpy(to + slot * SLOT, value, size); }}\n\
         char *inputs, *outputs;\n\
         void use(char *in, char *out) {{ inputs = in; outputs = out; }}\n"
    );
    for ty in types {
        writeln!(text, "typedef {} {};", ty.definition, ty.name).unwrap();
    }
    let rows: String = types
        .iter()
        .map(|ty| format!("{{ sizeof({0}), __alignof__({0}) }}, ", ty.name))
        .collect();
    writeln!(text, "unsigned long sizes[][2] = {{ {rows} }};").unwrap();
    for (number, case) in cases.iter().enumerate() {
        write_case(&mut text, types, number, case);
    }
    text
}

/// Room for one value in a buffer, in bytes.
pub(crate) const SLOT: usize = 320;

fn write_case(text: &mut String, types: &[Type], number: usize, case: &Case) {
    let name = |index: &usize| types[*index].name.clone();
    let result = case.result.as_ref().map_or("void".to_owned(), name);
    let named = case.named.unwrap_or(case.parameters.len());
    let mut declared: Vec<String> = case.parameters[..named]
        .iter()
        .enumerate()
        .map(|(i, ty)| format!("{} a{i}", name(ty)))
        .collect();
    if case.named.is_some() {
        declared.push("...".to_owned());
    }
    let declared = if declared.is_empty() {
        "void".to_owned()
    } else {
        declared.join(", ")
    };
    let types_only: Vec<String> = case.parameters.iter().map(name).collect();
    let types_only = if types_only.is_empty() {
        "void".to_owned()
    } else {
        types_only.join(", ")
    };
    let given: Vec<String> = (0..case.parameters.len())
        .map(|i| format!("a{i}"))
        .collect();

    writeln!(text, "{result} f{number}({declared}) {{").unwrap();
    if case.named.is_some() {
        writeln!(text, "  va_list rest; va_start(rest, a{});", named - 1).unwrap();
        for (i, ty) in case.parameters.iter().enumerate().skip(named) {
            writeln!(text, "  {0} a{i} = va_arg(rest, {0});", name(ty)).unwrap();
        }
        writeln!(text, "  va_end(rest);").unwrap();
    }
    for i in 0..case.parameters.len() {
        writeln!(text, "  put(outputs, &a{i}, {}, sizeof a{i});", i + 1).unwrap();
    }
    if case.result.is_some() {
        writeln!(
            text,
            "  {result} r; get(inputs, &r, 0, sizeof r); return r;"
        )
        .unwrap();
    }
    writeln!(text, "}}").unwrap();
    if case.named.is_some() {
        return;
    }
    writeln!(
        text,
        "void g{number}({result} (*function)({types_only})) {{"
    )
    .unwrap();
    for (i, ty) in case.parameters.iter().enumerate() {
        writeln!(
            text,
            "  {} a{i}; get(inputs, &a{i}, {}, sizeof a{i});",
            name(ty),
            i + 1
        )
        .unwrap();
    }
    let given = given.join(", ");
    match case.result {
        Some(_) => writeln!(
            text,
            "  {result} r = function({given}); put(outputs, &r, 0, sizeof r);"
        )
        .unwrap(),
        None => writeln!(text, "  function({given});").unwrap(),
    }
    writeln!(text, "}}").unwrap();
}
