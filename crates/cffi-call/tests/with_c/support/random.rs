//! Reproducible random numbers and random C values.

use cffi_call::{Shape, long_double};

/// A generator (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.bits() % bound as u64).unwrap()
    }

    fn number(&mut self) -> f64 {
        f64::from(u32::try_from(self.bits() >> 40).unwrap()) / 64.0 - 1000.0
    }

    /// Writes a value of a shape.
    pub(crate) fn fill(&mut self, shape: &Shape, place: &mut [u8]) {
        match shape {
            Shape::Record(record) => {
                for (offset, leaf) in &record.leaves {
                    self.fill(leaf, &mut place[*offset..offset + leaf.size()]);
                }
                if record.leaves.is_empty() {
                    place[..record.size].fill_with(|| self.bits().to_ne_bytes()[0]);
                }
            }
            Shape::Float => place.copy_from_slice(&narrow(self.number()).to_ne_bytes()),
            Shape::Double => place.copy_from_slice(&self.number().to_ne_bytes()),
            // SAFETY: room for a `long double`.
            Shape::LongDouble => unsafe {
                long_double::write_f64(place.as_mut_ptr(), self.number())
            },
            Shape::ComplexFloat => place
                .chunks_mut(4)
                .for_each(|half| self.fill(&Shape::Float, half)),
            Shape::ComplexDouble => place
                .chunks_mut(8)
                .for_each(|half| self.fill(&Shape::Double, half)),
            _ => place.fill_with(|| self.bits().to_ne_bytes()[0]),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the numbers have few enough digits"
)]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// Whether two values are the same but for padding.
pub(crate) fn same(shape: &Shape, one: &[u8], other: &[u8]) -> bool {
    match shape {
        Shape::Record(record) if !record.leaves.is_empty() => record
            .leaves
            .iter()
            .all(|(offset, leaf)| same(leaf, &one[*offset..], &other[*offset..])),
        // The x87 format has ten bytes of its sixteen.
        Shape::LongDouble if cfg!(target_arch = "x86_64") => one[..10] == other[..10],
        shape => one[..shape.size()] == other[..shape.size()],
    }
}
