// A library that the module needs, beside it.
#include "thrown.hpp"
#include <typeinfo>

void throw_it(int which) {
  if (which == 0) throw Thrown("of our own");
  if (which == 1) throw std::bad_cast();
  throw 42;
}
