// The functions of bench.h, bound as nanobind's documentation binds functions. Every call releases the GIL, as cffi's do,
// but those of the submodule `kept`, which is nanobind's way if nothing is said.
// Not here: what nanobind has no type for (variadic functions, pointers to numbers, function pointers as values).

#include <nanobind/nanobind.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <functional>
#include <vector>

extern "C" {
#include "bench.h"
}

namespace nb = nanobind;

namespace {

using released = nb::call_guard<nb::gil_scoped_release>;

// A std::function has no address for C to call: C calls `trampoline`, which calls the function of this thread's innermost
// `Active`. It is nanobind's std::function that takes the GIL again.
template <typename Result, typename... Args> struct Active {
    using Function = std::function<Result(Args...)>;

    explicit Active(const Function &function) : outer(current) { current = &function; }
    ~Active() { current = outer; }
    Active(const Active &) = delete;
    Active &operator=(const Active &) = delete;

    static Result trampoline(Args... args) { return (*current)(args...); }

    static thread_local const Function *current;
    const Function *outer;
};

template <typename Result, typename... Args>
thread_local const std::function<Result(Args...)> *Active<Result, Args...>::current = nullptr;

// `apply_*` for a std::function: the same C function, called with the trampoline of the signature.
template <typename Outer, typename Argument, typename Result, typename... Args>
auto with_function(Outer (*call)(Result (*)(Args...), Argument))
{
    return [call](const std::function<Result(Args...)> &function, Argument argument) {
        Active<Result, Args...> active(function);
        return call(&Active<Result, Args...>::trampoline, argument);
    };
}

} // namespace

NB_MODULE(bench_nanobind, m)
{
    nb::class_<point>(m, "point").def(nb::init<int, int>()).def_rw("x", &point::x).def_rw("y", &point::y);
    nb::class_<vec>(m, "vec").def(nb::init<double, double>()).def_rw("x", &vec::x).def_rw("y", &vec::y);
    nb::class_<box>(m, "box").def_rw("right", &box::right).def_rw("bottom", &box::bottom);
    nb::enum_<color>(m, "color").value("RED", RED).value("GREEN", GREEN).value("BLUE", BLUE);

    m.def("noargs", noargs, released());
    m.def("nothing", nothing, released());
    m.def("add", add, released());
    m.def("fma3", fma3, released());
    m.def("six", six, released());
    m.def("twice", twice, released());
    m.def("next_byte", next_byte, released());
    m.def("halve", halve, released());
    m.def("negate", negate, released());
    m.def("next_color", next_color, released());

    m.def("make_point", make_point, released());
    m.def("make_box", make_box, released());
    m.def("dot", dot, released());
    m.def("dot_vec", dot_vec, released());
    m.def("area", area, released());
    m.def("norm", norm, released());

    // By reference: a copy of a Python object would need the GIL.
    const auto length_of = [](const nb::bytes &s) { return length(s.c_str()); };
    m.def("length", length_of, released());
    m.def("greeting", greeting, released());
    m.def("first", [](const std::vector<int> &numbers) { return first(numbers.data()); }, released());

    m.def("apply", with_function(apply), released());
    m.def("apply_void", with_function(apply_void), released());
    m.def("apply_four", with_function(apply_four), released());
    m.def("apply_point", with_function(apply_point), released());

    nb::module_ kept = m.def_submodule("kept");
    kept.def("noargs", noargs);
    kept.def("add", add);
    kept.def("fma3", fma3);
    kept.def("six", six);
    kept.def("length", length_of);
}
