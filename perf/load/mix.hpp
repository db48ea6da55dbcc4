#pragma once
#include "keys.hpp"
#include "numbered_text.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace load {

/// What an answer must be. Texts are looked for in its body.
struct expectation {
    int status = 200;
    numbered_text starts;
    std::vector<numbered_text> contains;
    std::vector<int> refused; // other statuses that are counted, and are not wrong
};

/// One kind of request, which comes up in proportion to its weight.
struct request_kind {
    std::string name;
    double weight = 1;
    std::string method = "GET";
    std::string path;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool has_body = false;
    key_range keys;
    expectation expect;
};

using mix = std::vector<request_kind>;

/// Reads a mix (perf/README.md describes it). Throws a fault that names the place in it.
mix read_mix(std::string_view json);
mix read_mix_file(const std::string& path);

} // namespace load
