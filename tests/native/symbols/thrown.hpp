// What one library throws and another catches.
#pragma once
#include <stdexcept>

struct Thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void throw_it(int which);
