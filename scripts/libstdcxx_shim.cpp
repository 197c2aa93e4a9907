// What newer compilers use of libstdc++ and glibc, and what those of GCC 8, on systems with glibc 2.28, lack. Each function does what the
// one of that name does. Linked into `gia-worker` by scripts/package.py.

#include <new>
#include <sstream>

namespace std {

// GLIBCXX_3.4.29: thrown for an array whose length is negative or too large.
[[noreturn]] void __throw_bad_array_new_length() { throw std::bad_array_new_length(); }

}  // namespace std

// GLIBCXX_3.4.26: the constructor of a string stream without arguments, by the one that takes a mode.
extern "C" __attribute__((visibility("hidden"))) void
_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev(std::ostringstream *self) {
    ::new (static_cast<void *>(self)) std::ostringstream(std::ios_base::out);
}

// glibc 2.32: whether the program has one thread, so that reference counts need not be atomic. It has several.
extern "C" __attribute__((visibility("hidden"))) char __libc_single_threaded;
char __libc_single_threaded = 0;
