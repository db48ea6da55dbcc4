#pragma once
#include "engine.hpp"
#include "mix.hpp"

#include <string>

namespace load {

/// For people.
std::string as_text(const result& found, const mix& what);

/// One JSON object; perf/README.md describes it.
std::string as_json(const result& found, const mix& what);

} // namespace load
