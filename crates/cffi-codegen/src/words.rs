//! The types of a module as a run of words.
//!
//! Functions come first: each is its result, its parameters and an end. A parameter's word is the type itself where the type has no
//! word yet, so most simple types need none of their own. All other types follow in the order of their spellings.

use cffi_model::primitive::Primitive;
use cffi_model::types::{EnumId, RecordId};
use cffi_syntax::ast::CallingConvention;
use cffi_wire::{Op, Opcode, flags, opcode};
use rustc_hash::FxHashMap;

use crate::error::{GenerateError, Generated};
use crate::module::{count, place};
use crate::spelling::Code;
use crate::types::{Function, Length, Node, NodeId, Nodes};

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A type, and which one it is.
    Type(Op, NodeId),
    /// The rest of a function.
    Part(Op),
    /// The length of an array, in items.
    Length(u64),
    /// The length of an array, which a C expression gives.
    Measured(String),
    /// An integer type that the compiler knows.
    UnknownInteger(String),
    /// A floating-point type that the compiler knows.
    UnknownFloat(String),
}

/// The numbers of records and enums in their tables.
pub struct Numbers<'a> {
    /// Of structs and unions.
    pub records: &'a FxHashMap<RecordId, usize>,
    /// Of enums.
    pub enums: &'a FxHashMap<EnumId, usize>,
}

/// A word that is going to be something.
const PENDING: Word = Word::Length(0);

/// Gives each type its place, and writes the words.
pub fn lay_out(
    nodes: &Nodes<'_>,
    used: &[NodeId],
    numbers: &Numbers<'_>,
) -> Generated<(Vec<Word>, Vec<Option<i32>>)> {
    let order = sorted(nodes, used);

    let mut places: Vec<Option<i32>> = vec![None; nodes.len()];
    let mut length = 0usize;
    let set = |places: &mut Vec<Option<i32>>, node: NodeId, at: usize| -> Generated<()> {
        if let Some(place) = places.get_mut(node.index()) {
            *place = Some(count(at)?);
        }
        Ok(())
    };
    for node in &order {
        if let Node::Function(function) = nodes.get(*node) {
            set(&mut places, *node, length)?;
            for (index, parameter) in function.parameters.iter().enumerate() {
                if places.get(parameter.index()).is_some_and(Option::is_none) {
                    set(&mut places, *parameter, length + 1 + index)?;
                }
            }
            length += function.parameters.len() + 2;
        }
    }
    for node in &order {
        if places.get(node.index()).is_some_and(Option::is_some) {
            continue;
        }
        set(&mut places, *node, length)?;
        length += match nodes.get(*node) {
            Node::Array(_, Length::Open) => 1,
            Node::Array(..) => 2,
            _ => 1,
        };
    }

    let mut words = vec![PENDING; length];
    let mut writer = Writer {
        nodes,
        places: &places,
        numbers,
        words: &mut words,
    };
    for node in &order {
        writer.write(*node)?;
    }
    Ok((words, places))
}

/// The types by their spellings. One sorts behind those that it is the beginning of: `int *` before `int`. The macro for the calling
/// convention sorts as the keyword that it stands for.
fn sorted(nodes: &Nodes<'_>, used: &[NodeId]) -> Vec<NodeId> {
    const MACRO: &str = "_cffi_stdcall";
    let mut all = String::with_capacity(32 * used.len());
    let mut keys: Vec<(usize, usize, NodeId)> = Vec::with_capacity(used.len());
    for node in used {
        let start = all.len();
        nodes.spelling(*node).push_to(&mut all);
        if all.get(start..).is_some_and(|key| key.contains(MACRO)) {
            let key = all.split_off(start).replace(MACRO, "__stdcall");
            all.push_str(&key);
        }
        all.push('>');
        keys.push((start, all.len(), *node));
    }
    keys.sort_unstable_by_key(|(start, end, node)| (all.get(*start..*end), *node));
    keys.into_iter().map(|(_, _, node)| node).collect()
}

struct Writer<'a, 'n> {
    nodes: &'a Nodes<'n>,
    places: &'a [Option<i32>],
    numbers: &'a Numbers<'a>,
    words: &'a mut Vec<Word>,
}

impl Writer<'_, '_> {
    fn put(&mut self, at: i32, word: Word) {
        let slot = usize::try_from(at)
            .ok()
            .and_then(|at| self.words.get_mut(at));
        if let Some(slot) = slot {
            *slot = word;
        }
    }

    fn write(&mut self, node: NodeId) -> Generated<()> {
        let at = place(self.places, node);
        let place = |node: NodeId| place(self.places, node);
        let op = match self.nodes.get(node) {
            Node::Void => Op::new(Opcode::Primitive, opcode::VOID),
            Node::Primitive(primitive) => Op::primitive(*primitive),
            Node::UnknownInteger(name) => {
                let word = Word::UnknownInteger(name.to_string());
                self.put(at, word);
                return Ok(());
            }
            Node::UnknownFloat(name) => {
                let word = Word::UnknownFloat(name.to_string());
                self.put(at, word);
                return Ok(());
            }
            Node::Pointer(target, ..) | Node::FunctionPointer(target) => {
                Op::new(Opcode::Pointer, place(*target))
            }
            Node::Array(item, Length::Open) => Op::new(Opcode::OpenArray, place(*item)),
            Node::Array(item, length) => {
                let word = match length {
                    Length::Fixed(length) => Word::Length(*length),
                    Length::Measured(expression) => Word::Measured(expression.to_string()),
                    Length::Open | Length::Unknown => {
                        let spelling = self.nodes.spelling(node).text();
                        return Err(GenerateError::unknown_length(&spelling));
                    }
                };
                let op = Op::new(Opcode::Array, place(*item));
                self.put(at + 1, word);
                op
            }
            Node::Record(id) => {
                let number = self.numbers.records.get(id).copied().unwrap_or(0);
                Op::new(Opcode::StructUnion, count(number)?)
            }
            Node::Enum(id) => {
                let number = self.numbers.enums.get(id).copied().unwrap_or(0);
                Op::new(Opcode::Enum, count(number)?)
            }
            Node::Function(function) => {
                self.write_parameters(function, at);
                Op::new(Opcode::Function, place(function.result))
            }
        };
        self.put(at, Word::Type(op, node));
        Ok(())
    }

    fn write_parameters(&mut self, function: &Function, at: i32) {
        let mut at = at;
        for parameter in &function.parameters {
            at += 1;
            let own = place(self.places, *parameter);
            if own == at {
                continue; // written as a type of its own
            }
            let op = match self.nodes.get(*parameter) {
                Node::Primitive(primitive) => Op::primitive(*primitive),
                _ => Op::new(Opcode::Noop, own),
            };
            self.put(at, Word::Part(op));
        }
        let mut end = flags::Function::empty();
        end.set(flags::Function::VARIADIC, function.variadic);
        end.set(
            flags::Function::STDCALL,
            function.convention == CallingConvention::Stdcall,
        );
        let op = Op::new(Opcode::FunctionEnd, end.bits());
        self.put(at + 1, Word::Part(op));
    }
}

/// A type whose number the compiler computes, as a C expression.
pub fn unknown_integer(name: &str) -> String {
    // `| 0` is an error for what is no integer.
    format!("_cffi_prim_int(sizeof({name}), ((({name})-1) | 0) <= 0)")
}

/// A type whose number the compiler computes, as a C expression.
pub fn unknown_float(name: &str) -> String {
    // One half is zero for an integer, which is no size.
    format!("_cffi_prim_float((({name})1) / 2 == 0 ? 0 : sizeof({name}))")
}

/// A primitive's name in C, without the prefix: as the preamble defines it.
pub fn primitive_constant(primitive: Primitive) -> Option<&'static str> {
    Some(match primitive {
        Primitive::Int8 => "_CFFI_PRIM_INT8",
        Primitive::UInt8 => "_CFFI_PRIM_UINT8",
        Primitive::Int16 => "_CFFI_PRIM_INT16",
        Primitive::UInt16 => "_CFFI_PRIM_UINT16",
        Primitive::Int32 => "_CFFI_PRIM_INT32",
        Primitive::UInt32 => "_CFFI_PRIM_UINT32",
        Primitive::Int64 => "_CFFI_PRIM_INT64",
        Primitive::UInt64 => "_CFFI_PRIM_UINT64",
        Primitive::Float => "_CFFI_PRIM_FLOAT",
        Primitive::Double => "_CFFI_PRIM_DOUBLE",
        _ => return None,
    })
}
