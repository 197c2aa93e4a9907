// Two functions of libstdc++ that newer compilers call and that the one of GCC 8, on systems with glibc 2.28, lacks. Each does what the
// function of that name does; linked into `gia-worker` by scripts/package.py.

#include <new>
#include <sstream>

namespace std {

// GLIBCXX_3.4.29: thrown for an array whose length is negative or too large.
[[noreturn]] __attribute__((visibility("hidden"))) void __throw_bad_array_new_length() { throw std::bad_array_new_length(); }

}  // namespace std

// GLIBCXX_3.4.26: the constructor of a string stream without arguments, by the one that takes a mode.
extern "C" __attribute__((visibility("hidden"))) void
_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev(std::ostringstream *self) {
    ::new (static_cast<void *>(self)) std::ostringstream(std::ios_base::out);
}
