//! Trees as text for snapshots: short, in the words of C, with every field that was set.
//!
//! Declarators are read out from the name: `f: function(int) returning pointer to int`.

use std::fmt::Write as _;

use cffi_syntax::ast::*;

/// A whole cdef.
pub fn unit(unit: &TranslationUnit<'_>) -> String {
    let mut out = String::new();
    for item in &unit.items {
        match item {
            Item::Declaration(declaration) => dump_declaration(&mut out, declaration),
            Item::Define(define) => match &define.value {
                DefineValue::Ellipsis => writeln!(out, "define {} ...", define.name.name).unwrap(),
                DefineValue::Integer(value) => {
                    writeln!(out, "define {} {}", define.name.name, expr(value)).unwrap()
                }
            },
            Item::StaticAssert(assertion) => writeln!(out, "{}", static_assert(assertion)).unwrap(),
        }
    }
    out
}

/// A type string.
pub fn type_name(ty: &TypeName<'_>) -> String {
    let base = specifiers(&ty.specifiers, 0);
    format!("{}\n", declarator(&ty.declarator, &base))
}

fn dump_declaration(out: &mut String, declaration: &Declaration<'_>) {
    match declaration.linkage {
        Linkage::C => {}
        Linkage::Python => out.push_str("extern-python "),
        Linkage::PythonPlusC => out.push_str("extern-python+c "),
    }
    let base = specifiers(&declaration.specifiers, 0);
    if declaration.declarators.is_empty() {
        writeln!(out, "{base}").unwrap();
    }
    for (index, declared) in declaration.declarators.iter().enumerate() {
        // Later declarators share the specifiers of the first.
        let base = if index == 0 { base.as_str() } else { "same" };
        out.push_str(&declarator(&declared.declarator, base));
        if let Some(label) = &declared.asm_label {
            write!(out, " asm {label:?}").unwrap();
        }
        match &declared.initializer {
            None => {}
            Some(Initializer::Ellipsis(_)) => out.push_str(" = ..."),
            Some(Initializer::Expr(value)) => write!(out, " = {}", expr(value)).unwrap(),
            Some(Initializer::Skipped(_)) => out.push_str(" = {skipped}"),
        }
        if declaration.body.is_some() {
            out.push_str(" {body}");
        }
        out.push('\n');
    }
}

fn specifiers(list: &Specifiers<'_>, depth: usize) -> String {
    let mut parts = Vec::new();
    let storage = [
        (Storage::TYPEDEF, "typedef"),
        (Storage::EXTERN, "extern"),
        (Storage::STATIC, "static"),
        (Storage::AUTO, "auto"),
        (Storage::REGISTER, "register"),
        (Storage::THREAD_LOCAL, "thread_local"),
        (Storage::INLINE, "inline"),
        (Storage::NORETURN, "noreturn"),
        (Storage::CONSTEXPR, "constexpr"),
    ];
    parts.extend(
        storage
            .iter()
            .filter(|(flag, _)| list.storage.contains(*flag))
            .map(|(_, name)| (*name).to_owned()),
    );
    for alignment in &list.alignments {
        parts.push(match alignment {
            AlignmentSpecifier::Type(ty) => format!("alignas({})", type_name(ty).trim_end()),
            AlignmentSpecifier::Expr(value) => format!("alignas({})", expr(value)),
        });
    }
    parts.extend(attributes(&list.attributes));
    parts.extend(list.convention.map(convention));
    parts.extend(qualifiers(list.qualifiers));
    parts.push(type_specifier(&list.ty, depth));
    parts.join(" ")
}

fn type_specifier(ty: &TypeSpecifier<'_>, depth: usize) -> String {
    match ty {
        TypeSpecifier::Missing => "<missing>".to_owned(),
        TypeSpecifier::Basic(basic) => format!("{basic:?}"),
        TypeSpecifier::TypedefName(name) => format!("'{}'", name.name),
        TypeSpecifier::Record(record) => dump_record(record, depth),
        TypeSpecifier::Enum(enumeration) => dump_enum(enumeration, depth),
        TypeSpecifier::TypeofType(ty) => format!("typeof({})", type_name(ty).trim_end()),
        TypeSpecifier::TypeofExpr(value) => format!("typeof-expr({})", expr(value)),
        TypeSpecifier::Atomic(ty) => format!("atomic({})", type_name(ty).trim_end()),
        TypeSpecifier::Ellipsis => "...".to_owned(),
        TypeSpecifier::IntegerEllipsis => "int...".to_owned(),
        TypeSpecifier::FloatEllipsis => "float...".to_owned(),
    }
}

fn dump_record(record: &RecordSpecifier<'_>, depth: usize) -> String {
    let mut out = match record.kind {
        RecordKind::Struct => "struct".to_owned(),
        RecordKind::Union => "union".to_owned(),
    };
    for part in record
        .tag
        .iter()
        .map(|tag| tag.name.to_owned())
        .chain(attributes(&record.attributes))
    {
        write!(out, " {part}").unwrap();
    }
    if let Some(pack) = record.pack {
        write!(out, " pack({pack})").unwrap();
    }
    let Some(body) = &record.body else { return out };
    out.push_str(" {\n");
    let indent = "    ".repeat(depth + 1);
    for member in &body.members {
        match member {
            Member::StaticAssert(assertion) => {
                writeln!(out, "{indent}{}", static_assert(assertion)).unwrap()
            }
            Member::Field {
                specifiers: list,
                declarators,
                ..
            } => {
                let base = specifiers(list, depth + 1);
                if declarators.is_empty() {
                    writeln!(out, "{indent}{base}").unwrap();
                }
                for (index, field) in declarators.iter().enumerate() {
                    let base = if index == 0 { base.as_str() } else { "same" };
                    write!(out, "{indent}{}", declarator(&field.declarator, base)).unwrap();
                    if let Some(width) = &field.width {
                        write!(out, " : {}", expr(width)).unwrap();
                    }
                    out.push('\n');
                }
            }
        }
    }
    if body.partial {
        writeln!(out, "{indent}...").unwrap();
    }
    write!(out, "{}}}", "    ".repeat(depth)).unwrap();
    out
}

fn dump_enum(enumeration: &EnumSpecifier<'_>, depth: usize) -> String {
    let mut out = "enum".to_owned();
    for part in enumeration
        .tag
        .iter()
        .map(|tag| tag.name.to_owned())
        .chain(attributes(&enumeration.attributes))
    {
        write!(out, " {part}").unwrap();
    }
    if let Some(underlying) = &enumeration.underlying {
        write!(out, " : {}", specifiers(underlying, depth)).unwrap();
    }
    let Some(body) = &enumeration.body else {
        return out;
    };
    let mut parts: Vec<String> = body
        .enumerators
        .iter()
        .map(|enumerator| match &enumerator.value {
            EnumeratorValue::Implicit => enumerator.name.name.to_owned(),
            EnumeratorValue::Expr(value) => format!("{} = {}", enumerator.name.name, expr(value)),
            EnumeratorValue::Ellipsis => format!("{} = ...", enumerator.name.name),
        })
        .collect();
    if body.partial {
        parts.push("...".to_owned());
    }
    write!(out, " {{ {} }}", parts.join(", ")).unwrap();
    out
}

fn declarator(declarator: &Declarator<'_>, base: &str) -> String {
    let mut out = declarator.name.map_or("_", |name| name.name).to_owned();
    out.push_str(": ");
    for part in declarator
        .convention
        .map(convention)
        .into_iter()
        .chain(attributes(&declarator.attributes))
    {
        write!(out, "{part} ").unwrap();
    }
    for derivation in &declarator.derivations {
        match derivation {
            Derivation::Pointer {
                qualifiers: quals,
                attributes: list,
                convention: conv,
            } => {
                for part in qualifiers(*quals)
                    .into_iter()
                    .chain(attributes(list))
                    .chain(conv.map(convention))
                {
                    write!(out, "{part} ").unwrap();
                }
                out.push_str("pointer to ");
            }
            Derivation::Array {
                length,
                qualifiers: quals,
                ..
            } => {
                for part in qualifiers(*quals) {
                    write!(out, "{part} ").unwrap();
                }
                match length {
                    ArrayLength::Missing => out.push_str("array[] of "),
                    ArrayLength::Star => out.push_str("array[*] of "),
                    ArrayLength::Ellipsis => out.push_str("array[...] of "),
                    ArrayLength::Expr(length) => {
                        write!(out, "array[{}] of ", expr(length)).unwrap()
                    }
                }
            }
            Derivation::Function {
                parameters,
                variadic,
                ..
            } => {
                let mut parts: Vec<String> = parameters
                    .iter()
                    .map(|parameter| {
                        self::declarator(
                            &parameter.declarator,
                            &specifiers(&parameter.specifiers, 0),
                        )
                    })
                    .collect();
                if *variadic {
                    parts.push("...".to_owned());
                }
                write!(out, "function({}) returning ", parts.join(", ")).unwrap();
            }
        }
    }
    out.push_str(base);
    out
}

fn static_assert(assertion: &StaticAssert<'_>) -> String {
    format!(
        "static_assert({}, {:?})",
        expr(&assertion.condition),
        assertion.message
    )
}

fn attributes(list: &[Attribute<'_>]) -> Vec<String> {
    let shown = |attribute: &Attribute<'_>| {
        if attribute.arguments.is_empty() {
            return format!("@{}", attribute.name.name);
        }
        let arguments: Vec<String> = attribute.arguments.iter().map(expr).collect();
        format!("@{}({})", attribute.name.name, arguments.join(", "))
    };
    list.iter().map(shown).collect()
}

fn qualifiers(set: Qualifiers) -> Vec<String> {
    let names = [
        (Qualifiers::CONST, "const"),
        (Qualifiers::RESTRICT, "restrict"),
        (Qualifiers::VOLATILE, "volatile"),
        (Qualifiers::ATOMIC, "atomic"),
    ];
    names
        .iter()
        .filter(|(flag, _)| set.contains(*flag))
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

fn convention(convention: CallingConvention) -> String {
    match convention {
        CallingConvention::Cdecl => "cdecl".to_owned(),
        CallingConvention::Stdcall => "stdcall".to_owned(),
    }
}

fn expr(value: &Expr<'_>) -> String {
    match &value.kind {
        ExprKind::Integer(constant) => {
            let base = if constant.decimal { "" } else { "!" };
            let unsigned = if constant.unsigned { "u" } else { "" };
            format!(
                "{base}{}{unsigned}{}",
                constant.value,
                "l".repeat(constant.longs.into())
            )
        }
        ExprKind::Float(spelling) | ExprKind::String(spelling) => (*spelling).to_owned(),
        ExprKind::Character(constant) => {
            format!("char({:?} {})", constant.encoding, constant.value)
        }
        ExprKind::Name(name) => name.name.to_owned(),
        ExprKind::Unary(operator, operand) => format!("({operator:?} {})", expr(operand)),
        ExprKind::Binary(operator, left, right) => {
            format!("({operator:?} {} {})", expr(left), expr(right))
        }
        ExprKind::Conditional(condition, then, otherwise) => {
            format!(
                "(if {} {} {})",
                expr(condition),
                expr(then),
                expr(otherwise)
            )
        }
        ExprKind::Cast(ty, operand) => {
            format!("(cast {} {})", type_name(ty).trim_end(), expr(operand))
        }
        ExprKind::SizeofType(ty) => format!("sizeof({})", type_name(ty).trim_end()),
        ExprKind::SizeofExpr(operand) => format!("sizeof-expr({})", expr(operand)),
        ExprKind::AlignofType(ty) => format!("alignof({})", type_name(ty).trim_end()),
        ExprKind::AlignofExpr(operand) => format!("alignof-expr({})", expr(operand)),
        ExprKind::Offsetof(ty, steps) => {
            let steps: String = steps
                .iter()
                .map(|step| match step {
                    OffsetofStep::Member(name) => format!(".{}", name.name),
                    OffsetofStep::Index(index) => format!("[{}]", expr(index)),
                })
                .collect();
            format!("offsetof({}, {steps})", type_name(ty).trim_end())
        }
        ExprKind::Unsupported => "<unsupported>".to_owned(),
    }
}
