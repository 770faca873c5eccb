//! Ten thousand closures at once: where they lie in memory, and that each keeps its own context. A process of its own, because it looks
//! at all of the process's memory.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use cffi_call::closure::Closure;
use cffi_call::{RecordShape, Shape, Signature, Signedness};

const LONG: Shape = Shape::Int(8, Signedness::Signed);

/// `long f(union { long a; double b; })`, which C calls like `long f(long)` (psABI 3.2.3, AAPCS64 6.8.2), and which libffi cannot
/// make, so that every closure here is a thunk.
fn signature() -> Signature {
    let union = RecordShape {
        size: 8,
        align: 8,
        leaves: vec![(0, LONG), (0, Shape::Double)],
        plain: false,
    };
    let parameters = vec![Shape::Record(Arc::new(union))];
    Signature {
        result: LONG,
        parameters,
        fixed: None,
        abi: None,
    }
}

/// A closure which adds the number that its data is.
fn adder(number: &i64) -> Closure {
    unsafe fn add(data: *mut c_void, arguments: *const *mut u8, result: *mut u8) {
        // SAFETY: the data is a number; one `long` comes and one goes.
        unsafe {
            let sum = *data.cast::<i64>() + (*arguments).cast::<i64>().read();
            result.cast::<i64>().write(sum);
        }
    }
    let signature = signature();
    // SAFETY: the tests keep the numbers longer than the closures, and `add` only reads them.
    unsafe {
        Closure::new(
            &signature,
            add,
            std::ptr::from_ref(number).cast_mut().cast(),
        )
    }
    .unwrap()
}

fn call(closure: &Closure, argument: i64) -> i64 {
    // SAFETY: the closure is a function of this type.
    unsafe {
        let function: extern "C" fn(i64) -> i64 = std::mem::transmute(closure.code());
        function(argument)
    }
}

/// Permissions and file of each mapping of this process.
fn mappings() -> Vec<(std::ops::Range<usize>, String, String)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mapping = |line: &str| {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16).unwrap());
        let permissions = fields.next().unwrap().to_owned();
        (
            start..end,
            permissions,
            fields.nth(3).unwrap_or_default().to_owned(),
        )
    };
    maps.lines().map(mapping).collect()
}

fn assert_nothing_is_writable_and_executable() {
    for (range, permissions, file) in mappings() {
        let both = permissions.contains('w') && permissions.contains('x');
        assert!(!both, "{range:x?} {permissions} {file}");
    }
}

/// Calls all closures; the sum of the differences to what they ought to give.
fn wrong(closures: &[Closure], numbers: &[i64]) -> usize {
    closures
        .iter()
        .zip(numbers)
        .filter(|(closure, number)| call(closure, 5) != **number + 5)
        .count()
}

#[test]
fn ten_thousand_closures() {
    let numbers: Vec<i64> = (0..10_000).map(|number| number * 1_000_003).collect();
    let mut closures: Vec<Closure> = numbers.iter().map(adder).collect();
    assert_eq!(wrong(&closures, &numbers), 0);
    assert_nothing_is_writable_and_executable();

    // Their code is that of this very file.
    let own = std::env::current_exe().unwrap();
    let maps = mappings();
    for closure in &closures {
        let code = closure.code().addr();
        let (_, permissions, file) = maps
            .iter()
            .find(|(range, ..)| range.contains(&code))
            .unwrap();
        assert_eq!(
            (permissions.as_str(), file.as_str()),
            ("r-xp", own.to_str().unwrap())
        );
    }

    // A forked child has its own.
    // SAFETY: the child only calls closures.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let code = i32::from(wrong(&closures, &numbers) != 0);
        // SAFETY: ends the child without running what belongs to the parent.
        unsafe { libc::_exit(code) };
    }
    let mut status = -1;
    // SAFETY: our own child.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);

    // What is given back is taken again: no further mappings, and the others are left alone.
    let before = mappings()
        .iter()
        .filter(|(.., file)| file == own.to_str().unwrap())
        .count();
    for (closure, number) in closures.iter_mut().zip(&numbers).step_by(2) {
        *closure = adder(number);
    }
    assert_eq!(wrong(&closures, &numbers), 0);
    let after = mappings()
        .iter()
        .filter(|(.., file)| file == own.to_str().unwrap())
        .count();
    assert!(after <= before + 1, "{before} mappings, then {after}");
    assert_nothing_is_writable_and_executable();
}

#[test]
fn closures_come_and_go_in_many_threads() {
    let threads: Vec<_> = (0..8)
        .map(|thread: i64| {
            std::thread::spawn(move || {
                for round in 0..500 {
                    let numbers: Vec<i64> = (0..20)
                        .map(|index| thread << 40 | round << 20 | index)
                        .collect();
                    let closures: Vec<Closure> = numbers.iter().map(adder).collect();
                    assert_eq!(wrong(&closures, &numbers), 0);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_closure_may_be_dropped_by_its_own_handler() {
    /// Where the closure is kept.
    type Holder = Cell<Option<Closure>>;

    unsafe fn drop_it(data: *mut c_void, _: *const *mut u8, result: *mut u8) {
        // SAFETY: the data is the holder, which outlives the call; the result is a `long`.
        unsafe {
            drop((*data.cast::<Holder>()).take());
            result.cast::<i64>().write(77);
        }
    }
    let holder: Box<Holder> = Box::default();
    let signature = signature();
    // SAFETY: the holder outlives the closure.
    let closure = unsafe {
        Closure::new(
            &signature,
            drop_it,
            std::ptr::from_ref(&*holder).cast_mut().cast(),
        )
    }
    .unwrap();
    let code = closure.code();
    holder.set(Some(closure));
    // SAFETY: a function of this type, which is there until its handler drops it.
    let got = unsafe { std::mem::transmute::<*const c_void, extern "C" fn(i64) -> i64>(code)(1) };
    assert_eq!(got, 77);
    assert!(holder.take().is_none());
}
