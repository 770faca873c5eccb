//! `errno`, `dlopen` and `long double`.

use std::cmp::Ordering;
use std::ffi::{CStr, c_int};

use crate::support::Library;
use cffi_call::{dlopen, errno, long_double};

unsafe extern "C" {
    #[cfg_attr(
        any(target_vendor = "apple", target_os = "freebsd"),
        link_name = "__error"
    )]
    fn __errno_location() -> *mut c_int;
}

fn errno_place() -> *mut c_int {
    // SAFETY: no preconditions.
    unsafe { __errno_location() }
}

#[test]
fn errno_is_kept_between_calls() {
    errno::set_saved(7);
    // SAFETY: this thread's `errno`.
    unsafe { errno_place().write(1) };
    let seen = errno::around(|| {
        // SAFETY: as above.
        unsafe { std::mem::replace(&mut *errno_place(), 42) }
    });
    // SAFETY: as above. What Python does in between.
    unsafe { errno_place().write(99) };
    assert_eq!((seen, errno::saved()), (7, 42));
}

#[test]
fn errno_is_kept_for_each_thread() {
    errno::set_saved(5);
    let other = std::thread::spawn(|| {
        let fresh = errno::saved();
        errno::set_saved(6);
        (fresh, errno::saved())
    });
    assert_eq!(other.join().unwrap(), (0, 6));
    assert_eq!(errno::saved(), 5);
}

#[test]
fn errno_goes_into_callbacks_and_out() {
    // SAFETY: this thread's `errno`.
    unsafe { errno_place().write(11) };
    errno::save();
    assert_eq!(errno::saved(), 11);
    errno::set_saved(12);
    errno::restore();
    // SAFETY: as above.
    assert_eq!(unsafe { *errno_place() }, 12);
}

/// The error text of opening a library.
fn open_error(name: &CStr) -> String {
    dlopen::open(Some(name), dlopen::NOW).unwrap_err()
}

#[test]
fn dlopen_gives_the_text_of_the_loader() {
    assert!(
        open_error(c"/no/such/library.so")
            .contains("/no/such/library.so: cannot open shared object file")
    );
    assert!(open_error(c"/dev/null").contains("/dev/null: "));
}

#[test]
fn the_program_itself_has_the_symbols_of_libc() {
    let program = dlopen::open(None, dlopen::NOW).unwrap();
    // SAFETY: the program stays open.
    unsafe {
        assert!(dlopen::symbol(program, c"strlen").is_ok());
        let error = dlopen::symbol(program, c"no_such_symbol_here").unwrap_err();
        assert!(
            error.contains("undefined symbol: no_such_symbol_here"),
            "{error}"
        );
        assert_eq!(dlopen::close(program), Ok(()));
    }
}

#[test]
fn handles_pass_through() {
    let program = dlopen::open(None, dlopen::NOW).unwrap();
    assert_eq!(dlopen::Handle::from_raw(program.as_raw()), Some(program));
    assert_eq!(dlopen::Handle::from_raw(std::ptr::null_mut()), None);
}

/// A `long double` made by `make`, as text and as `double`.
fn long_double(make: impl FnOnce(*mut u8)) -> (String, f64) {
    // One byte further: the functions take unaligned addresses.
    let mut bytes = [0u8; 17];
    let place = bytes.get_mut(1..).unwrap().as_mut_ptr();
    make(place);
    // SAFETY: `place` holds a `long double`.
    unsafe { (long_double::to_text(place), long_double::read_f64(place)) }
}

#[test]
fn long_double_is_converted_and_shown() {
    // SAFETY: room for a `long double` in each.
    unsafe {
        assert_eq!(
            long_double(|place| long_double::write_f64(place, 1.5)),
            ("1.500000E+00".to_owned(), 1.5)
        );
        let (text, value) = long_double(|place| long_double::write_i64(place, i64::MIN));
        assert_eq!(
            (text.as_str(), value),
            ("-9.223372E+18", -9_223_372_036_854_775_808.0)
        );
        let (text, _) = long_double(|place| long_double::write_u64(place, u64::MAX));
        assert_eq!(text, "1.844674E+19");
    }
}

#[test]
fn long_double_keeps_what_double_cannot() {
    let library = Library::build(
        "long_double",
        "#include <string.h>\nunsigned long whole(const void *p) { long double v; memcpy(&v, p, sizeof v); return (unsigned long)v; }",
    );
    // SAFETY: the source declares it like this.
    let whole: unsafe extern "C" fn(*const u8) -> u64 = unsafe { library.function("whole") };
    let mut bytes = [0u8; 16];
    for value in [0, 1, u64::MAX, u64::MAX - 1, (1 << 63) + 1] {
        // SAFETY: room for a `long double`.
        let got = unsafe {
            long_double::write_u64(bytes.as_mut_ptr(), value);
            assert_eq!(long_double::is_zero(bytes.as_ptr()), value == 0);
            whole(bytes.as_ptr())
        };
        assert_eq!(got, value);
    }
    // SAFETY: as above.
    unsafe {
        long_double::write_f64(bytes.as_mut_ptr(), -0.0);
        assert!(long_double::is_zero(bytes.as_ptr()));
    }
}

/// A `long double` from text: its integral digits, and how it compares to 1.
fn parse(text: &CStr) -> Option<(Option<String>, Option<Ordering>)> {
    let (mut bytes, mut one) = ([0u8; 16], [0u8; 16]);
    let place = bytes.as_mut_ptr();
    // SAFETY: room for a `long double` in each.
    unsafe {
        long_double::write_f64(one.as_mut_ptr(), 1.0);
        long_double::write_text(place, text).then(|| {
            (
                long_double::to_digits(place),
                long_double::compare(place, one.as_ptr()),
            )
        })
    }
}

#[test]
fn long_double_from_text() {
    let some = |digits: &str, order| Some((Some(digits.to_owned()), Some(order)));
    assert_eq!(
        parse(c"18446744073709551615"),
        some("18446744073709551615", Ordering::Greater)
    );
    assert_eq!(
        parse(c"-9223372036854775809"),
        some("-9223372036854775809", Ordering::Less)
    );
    assert_eq!(
        parse(c"0x1p70"),
        some("1180591620717411303424", Ordering::Greater)
    );
    assert_eq!(parse(c"1.9999"), some("1", Ordering::Greater));
    assert_eq!(parse(c"1"), some("1", Ordering::Equal));
    assert_eq!(parse(c"-0.5"), some("-0", Ordering::Less));
    assert_eq!(parse(c"1e4930").unwrap().0.unwrap().len(), 4931);
    assert_eq!(parse(c"inf"), Some((None, Some(Ordering::Greater))));
    assert_eq!(parse(c"nan"), Some((None, None)));
    for text in [c"", c"one", c"1 ", c"1.5x"] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn long_double_adds_without_rounding_to_double() {
    let (mut sum, mut one) = ([0u8; 16], [0u8; 16]);
    // SAFETY: room for a `long double` in each.
    unsafe {
        long_double::write_u64(sum.as_mut_ptr(), 1 << 63);
        long_double::write_f64(one.as_mut_ptr(), 1.0);
        long_double::add(sum.as_mut_ptr(), one.as_ptr());
        assert_eq!(
            long_double::to_digits(sum.as_ptr()).unwrap(),
            "9223372036854775809"
        );
        assert!(!long_double::is_nan(sum.as_ptr()));
    }
}
