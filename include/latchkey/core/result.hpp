#pragma once
// A function that can fail returns result<T>: a value, or a failure with a kind to decide on and a
// sentence for a person. The sentence names the cause and the remedy, and never holds a secret.

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace latchkey::core {

enum class failure_kind {
    unavailable, ///< the other side is unreachable, late or full: asking again later may help
    invalid,     ///< the caller's input is wrong
    not_found,   ///< the object that was named does not exist
    conflict,    ///< the object exists already, or its state forbids the change
    internal,    ///< a bug in Latchkey
};

struct failure {
    failure_kind kind = failure_kind::internal;
    std::string message;
};

template <class T>
using result = boost::system::result<T, failure>;

/// Called by result<T>::value() on a failure (found by argument-dependent look-up).
[[noreturn]] inline void throw_exception_from_error(const failure& f,
                                                    const boost::source_location&) {
    throw std::runtime_error(f.message);
}

} // namespace latchkey::core
