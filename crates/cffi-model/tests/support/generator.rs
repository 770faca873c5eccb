//! Random record definitions in C, the same for the same seed.

use std::fmt::Write as _;

use cffi_model::Target;
use cffi_model::target::System;

/// Steele, Lea and Flood's SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(from.len() as u64)).unwrap();
        from[index]
    }
}

const SCALARS: &[&str] = &[
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned",
    "long",
    "unsigned long",
    "long long",
    "unsigned long long",
    "float",
    "double",
    "long double",
    "_Bool",
    "void *",
    "int (*)(void)",
    "char *",
    "float _Complex",
    "double _Complex",
];

/// Types of bit-fields with their width in bits where every target agrees.
const BIT_TYPES: &[(&str, u64)] = &[
    ("char", 8),
    ("unsigned char", 8),
    ("short", 16),
    ("unsigned short", 16),
    ("int", 32),
    ("unsigned", 32),
    ("long long", 64),
    ("unsigned long long", 64),
    ("_Bool", 1),
];

/// Makes records `r0`, `r1`, ….
pub struct Generator {
    random: Random,
    number: usize,
    member: usize,
    /// Whether record and member attributes have GCC's meaning.
    gnu: bool,
    /// Tags of complete records without a flexible array, of this batch.
    earlier: Vec<String>,
}

impl Generator {
    /// Records for a target.
    pub fn new(seed: u64, target: Target) -> Self {
        let gnu = target.system != System::WindowsMsvc;
        Self {
            random: Random(seed),
            number: 0,
            member: 0,
            gnu,
            earlier: Vec::new(),
        }
    }

    /// The number of the next record.
    pub fn next_number(&mut self) -> usize {
        self.earlier.clear();
        self.number
    }

    /// A record's definition.
    pub fn record(&mut self) -> String {
        let keyword = if self.random.one_in(4) {
            "union"
        } else {
            "struct"
        };
        let tag = format!("r{}", self.number);
        self.number += 1;
        self.member = 0;
        let mut text = String::new();
        let pack = self
            .random
            .one_in(10)
            .then(|| self.random.pick(&["1", "2", "4", "8"]));
        if let Some(pack) = pack {
            let _ = writeln!(text, "#pragma pack(push, {pack})");
        }
        let mut attributes = String::new();
        if self.random.one_in(10) {
            attributes.push_str(" __attribute__((packed))");
        }
        if self.random.one_in(12) {
            let _ = write!(
                attributes,
                " __attribute__((aligned({})))",
                self.random.pick(&["1", "2", "4", "8", "16", "32"])
            );
        }
        let _ = writeln!(text, "{keyword} {tag} {{");
        let empty = self.random.one_in(60);
        let mut flexible = false;
        if !empty {
            self.members(&mut text, 0);
            // C wants another named member in front of a flexible array.
            if keyword == "struct" && self.member > 0 && self.random.one_in(12) {
                let _ = writeln!(
                    text,
                    "  {} tail[];",
                    self.random
                        .pick(&["char", "short", "int", "double", "long long"])
                );
                flexible = true;
            }
        }
        let _ = writeln!(text, "}}{attributes};");
        if pack.is_some() {
            text.push_str("#pragma pack(pop)\n");
        }
        if !flexible && !empty {
            self.earlier.push(format!("{keyword} {tag}"));
        }
        text
    }

    fn members(&mut self, text: &mut String, depth: u64) {
        let count = 1 + self.random.below(6);
        for index in 0..count {
            // The first member has a name, so that no record is without one.
            let kind = if index == 0 { 0 } else { self.random.below(12) };
            match kind {
                5..=8 => self.bit_field(text),
                9 if depth < 2 => {
                    let inner = if self.random.one_in(2) {
                        "union"
                    } else {
                        "struct"
                    };
                    let _ = writeln!(text, "  {inner} {{");
                    self.members(text, depth + 1);
                    text.push_str("  };\n");
                }
                10 if !self.earlier.is_empty() => {
                    let at = usize::try_from(self.random.below(self.earlier.len() as u64)).unwrap();
                    let ty = self.earlier[at].clone();
                    let name = self.name();
                    let _ = writeln!(text, "  {ty} {name};");
                }
                _ => self.plain(text),
            }
        }
    }

    fn name(&mut self) -> String {
        self.member += 1;
        format!("m{}", self.member)
    }

    fn plain(&mut self, text: &mut String) {
        let ty = self.random.pick(SCALARS);
        let name = self.name();
        let array = if self.random.one_in(4) {
            format!("[{}]", 1 + self.random.below(9))
        } else {
            String::new()
        };
        let declarator = match ty.split_once("(*)") {
            Some((result, parameters)) => format!("{result}(*{name}{array}){parameters}"),
            None => format!("{ty} {name}{array}"),
        };
        let attribute = match self.random.below(20) {
            0 if self.gnu => " __attribute__((packed))".to_owned(),
            1 => format!(
                " __attribute__((aligned({})))",
                self.random.pick(&["1", "2", "4", "8", "16"])
            ),
            _ => String::new(),
        };
        let _ = writeln!(text, "  {declarator}{attribute};");
    }

    fn bit_field(&mut self, text: &mut String) {
        let at = usize::try_from(self.random.below(BIT_TYPES.len() as u64)).unwrap();
        let (ty, bits) = BIT_TYPES[at];
        match self.random.below(8) {
            0 => {
                let _ = writeln!(text, "  {ty} : 0;");
            }
            1 => {
                let width = 1 + self.random.below(bits);
                let _ = writeln!(text, "  {ty} : {width};");
            }
            _ => {
                let width = 1 + self.random.below(bits);
                let name = self.name();
                let _ = writeln!(text, "  {ty} {name} : {width};");
            }
        }
    }
}
