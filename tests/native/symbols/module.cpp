// An extension module that does what modules in C++ do with the C++ runtime, libc, and the libraries that Node has too.
#include <Python.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <locale>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "thrown.hpp"
#ifdef WITH_ZLIB
#include <zlib.h>
#endif
#ifdef WITH_CRYPTO
#include <openssl/evp.h>
#endif

static std::string streams() {
  std::cout << "cout " << 1.5 << std::endl;
  std::cerr << "cerr " << 2 << std::endl;
  std::clog << "clog" << std::endl;
  std::wcerr << L"wcerr" << std::endl;
  std::fputs("stdout\n", stdout);
  std::fflush(stdout);
  return "written";
}

static std::string locales() {
  const std::locale here;
  std::ostringstream out;
  out.imbue(here);
  const char x[] = "x";
  out << std::use_facet<std::ctype<char>>(here).toupper('a') << std::use_facet<std::numpunct<char>>(here).decimal_point()
      << std::use_facet<std::collate<char>>(here).transform(x, x + 1) << std::has_facet<std::ctype<wchar_t>>(here) << 12345.5;
  return out.str();
}

static std::string regexes() {
  return std::regex_replace(std::string("a1b22"), std::regex("[[:digit:]]+", std::regex::icase | std::regex::collate), "<$&>");
}

static std::string variables() {
  setenv("MEMVIEW_SYMBOLS", "set", 1);
  for (char **entry = environ; entry && *entry; entry++)
    if (!std::strcmp(*entry, "MEMVIEW_SYMBOLS=set")) return "found";
  return environ ? "not among them" : "there are none";
}

static std::string threads() {
  std::atomic<long> sum{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 8; i++) all.emplace_back([i, &sum] { sum += std::stol(std::to_string(i)); });
  for (auto &one : all) one.join();
  return std::to_string(sum);
}

static std::string exceptions() {
  std::string caught;
  for (int which = 0; which < 3; which++) {
    try {
      throw_it(which);
    } catch (const Thrown &error) {
      caught += error.what();
    } catch (const std::exception &error) {
      caught += std::string(", ") + error.what();
    } catch (int value) {
      caught += ", " + std::to_string(value);
    }
  }
  return caught;
}

static std::string deflated() {
#ifdef WITH_ZLIB
  std::vector<Bytef> text(100000, 'x'), packed(1000), back(text.size());
  z_stream out{}, in{};
  if (deflateInit2(&out, 9, Z_DEFLATED, 15, 9, Z_DEFAULT_STRATEGY) != Z_OK) return "deflateInit2 failed";
  out.next_in = text.data(), out.avail_in = text.size(), out.next_out = packed.data(), out.avail_out = packed.size();
  if (deflate(&out, Z_FINISH) != Z_STREAM_END || deflateReset(&out) != Z_OK || deflateEnd(&out) != Z_OK) return "deflate failed";
  in.next_in = packed.data(), in.avail_in = packed.size() - out.avail_out, in.next_out = back.data(), in.avail_out = back.size();
  if (inflateInit(&in) != Z_OK || inflate(&in, Z_FINISH) != Z_STREAM_END || inflateEnd(&in) != Z_OK) return "inflate failed";
  return back == text ? "the same" : "another text";
#else
  return "no zlib.h";
#endif
}

static std::string sha256() {
#ifdef WITH_CRYPTO
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!EVP_DigestInit_ex(context, EVP_sha256(), nullptr) || !EVP_DigestUpdate(context, "abc", 3) ||
      !EVP_DigestFinal_ex(context, digest, &length))
    return "EVP failed";
  EVP_MD_CTX_free(context);
  std::string text;
  for (unsigned i = 0; i < length; i++) text += "0123456789abcdef"[digest[i] >> 4], text += "0123456789abcdef"[digest[i] & 15];
  return text;
#else
  return "no openssl/evp.h";
#endif
}

template <std::string (*work)()>
static PyObject *call(PyObject *, PyObject *) {
  try {
    return PyUnicode_FromString(work().c_str());
  } catch (const std::exception &error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
    return nullptr;
  }
}

static PyMethodDef methods[] = {
    {"streams", call<streams>, METH_NOARGS, nullptr},       {"locales", call<locales>, METH_NOARGS, nullptr},
    {"regexes", call<regexes>, METH_NOARGS, nullptr},       {"variables", call<variables>, METH_NOARGS, nullptr},
    {"threads", call<threads>, METH_NOARGS, nullptr},       {"exceptions", call<exceptions>, METH_NOARGS, nullptr},
    {"deflated", call<deflated>, METH_NOARGS, nullptr},     {"sha256", call<sha256>, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "memview_symbols", nullptr, -1, methods};

PyMODINIT_FUNC PyInit_memview_symbols() {
  PyObject *module = PyModule_Create(&definition);
#ifdef Py_GIL_DISABLED
  PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
  return module;
}
