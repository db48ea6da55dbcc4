#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace latchkey::test {

inline std::filesystem::path vectors() {
    return std::filesystem::path(LATCHKEY_SOURCE_DIR) / "tests" / "vectors";
}

inline boost::json::value read_json(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("missing: " + path.string());
    return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

} // namespace latchkey::test
