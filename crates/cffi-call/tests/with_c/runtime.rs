//! `errno`, `dlopen` and `long double`.

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
